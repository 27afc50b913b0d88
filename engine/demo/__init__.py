"""Short animated scenes of our own: drawn, told in sentences, and made into the sample library.

It stands alone: it knows nothing of libraries, models or training, which may all ask it for pictures.
"""
