"""Our objects under real controllers, without containers: `make live`. What is real and what is played is in docs/live.md."""
