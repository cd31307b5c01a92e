/**
 * Memory3's two-stage pretraining (arXiv 2407.01178, sections 3.5 and 4; seed 003, section 4) at a size that runs on two cores: a tiny
 * decoder learns from scratch to speak about invented worlds, first without memories, then with references that it encodes itself.
 * {@link dev.engram.explicit.pretrain.SharedReferences} is the mechanism, {@link dev.engram.explicit.pretrain.PretrainExperiment} the
 * question: are two stages better than memories from the first step?
 */
package dev.engram.explicit.pretrain;
