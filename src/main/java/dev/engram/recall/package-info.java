/**
 * The recall token (seed 002): a model that emits {@code <recall>}, picks a memory vector with its memory head, receives it as
 * an input embedding and says what it remembers; and the two-step training that teaches it.
 */
package dev.engram.recall;
