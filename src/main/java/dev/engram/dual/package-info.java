/**
 * LMCODE (seed 004): a small language model with a short-term and a long-term memory inside every layer, its training, and the
 * tests of what the seed claims of it.
 */
package dev.engram.dual;
