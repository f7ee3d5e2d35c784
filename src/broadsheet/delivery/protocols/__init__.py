"""Foreign protocols over our listings: each module speaks one, errors included.

What a protocol asks for becomes a Listing or a walk over the store; nothing is ranked here.
"""
