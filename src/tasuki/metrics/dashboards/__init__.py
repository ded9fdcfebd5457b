"""Tables of several figures: funnels, flows, velocity, follow-up, leaderboard, matrix, trend, revenue."""
