"""The whole ring under open-loop load: how fast it answers, and what each of its processes costs."""
