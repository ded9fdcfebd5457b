"""Running it: set-up, the processes and who watches over them, health, metrics, the doctor and the demo."""
