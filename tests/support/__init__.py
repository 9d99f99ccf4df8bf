"""What tests share: servers, a fixed clock, a cast of users."""
