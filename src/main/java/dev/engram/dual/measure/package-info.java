/** Experiments on the long-term store alone: who is kept, what consolidation costs, how long a search takes, and what is counted. */
package dev.engram.dual.measure;
