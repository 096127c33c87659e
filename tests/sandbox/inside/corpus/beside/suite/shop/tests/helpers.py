def filled(cart):
    cart.add(1)
    return cart
