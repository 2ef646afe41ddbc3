"""What we send and hear: an outbox that keeps its books, the one gate, delivery, receipts, replies."""
