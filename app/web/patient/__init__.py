"""What the patient sees behind her link: one document for the whole visit, and where its answers are sent."""
