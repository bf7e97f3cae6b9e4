//! Placing dots evenly on a surface, in visits that are each even on their own.
