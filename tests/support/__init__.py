"""Parts that tests share: servers, a fixed clock, a cast of users."""
