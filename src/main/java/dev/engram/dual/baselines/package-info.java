/** Fixed-size memories of other systems behind one interface, to compare with LMCODE's long-term store at equal slots. */
package dev.engram.dual.baselines;
