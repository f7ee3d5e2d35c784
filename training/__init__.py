"""The encoder laboratory: trains, compares and packages the encoders that Broadsheet ships."""
