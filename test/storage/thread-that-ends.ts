/* A thread of the state store that ends before it is ready, without a word. */
process.exit(3);
