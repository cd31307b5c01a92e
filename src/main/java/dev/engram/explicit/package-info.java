/**
 * Explicit memory (Memory3, seed 003, arXiv 2407.01178): texts are encoded once, alone, into a few keys and values per layer and
 * head; later texts read them by attention, in the same softmax as their own. {@link dev.engram.explicit.ReferenceWriter} writes,
 * {@link dev.engram.explicit.TokenSelector} chooses the tokens, {@link dev.engram.explicit.ReferenceBank} stores,
 * {@link dev.engram.explicit.MemoryRows} reads.
 */
package dev.engram.explicit;
