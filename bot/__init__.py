"""What the product does: the domain, without HTTP, queue workers or the Instagram client."""
