//! A functional model of the card, as a vfio-user process
