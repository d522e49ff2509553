"""Smart charging as pure functions: what may be sent, what a station then keeps, and the schedule that follows."""
