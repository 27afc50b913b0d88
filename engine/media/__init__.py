"""Everything that opens a video file or asks about the disk it lies on: probe, decode, shots, thumbnails, subtitles,
fingerprint, volumes. Knows nothing of the library, of models or of windows.
"""
