"""Do the quality scores follow what is known about the code?"""
