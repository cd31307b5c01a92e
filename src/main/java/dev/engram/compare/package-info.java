/**
 * Every memory on one ruler (seed 002, section 7): the same facts, the same questions, the same costs for weights, text, recall tokens,
 * explicit memories and stores. The only package beside the command line that knows all mechanisms; none of them knows it.
 */
package dev.engram.compare;
