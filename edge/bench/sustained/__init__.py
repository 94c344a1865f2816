"""Windows one after the other for minutes or hours: does the machine keep its pace?"""
