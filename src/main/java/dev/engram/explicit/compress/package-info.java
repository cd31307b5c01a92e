/**
 * Compression of keys and values: vectors of fixed length become codes of fixed length.
 *
 * <p>{@link dev.engram.explicit.compress.ScalarCodec} keeps a few bits of every number.
 * {@link dev.engram.explicit.compress.QuantizedCodec} keeps numbers of centroids, in the arrangement that a
 * {@link dev.engram.explicit.compress.Scheme} names: plain product quantisation, IVF-PQ on the residual, or Memory3's
 * rotation, two residual stages and product quantisation of what is left.
 *
 * <p>JVector's product quantisation does not serve here: its centroids are at most 256 a part, so that 10-bit parts and 14-bit
 * stages are not possible, and it draws them without a seed, so that two trainings on one sample give two codecs.
 */
package dev.engram.explicit.compress;
