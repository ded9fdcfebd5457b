"""What-if: agreements compared and swept over a history, judged by what really happened."""
