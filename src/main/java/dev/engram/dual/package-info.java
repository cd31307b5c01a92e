/**
 * LMCODE (seed 004): a decoder whose layers have two more memories, a short-term one that every pass updates softly and a long-term
 * store of keys and values that is searched; its training, its tools, and the pools of other systems to compare with.
 */
package dev.engram.dual;
