package dev.engram.explicit.compress;

import dev.engram.model.BadInputException;

/**
 * What a code consists of: numbers of whole centroids for a first rough picture, stage after stage, then numbers of centroids for
 * parts of what is left. Everything may happen in a rotated space.
 *
 * @param rotation parts for which the rotation is optimised (OPQ); 0 for no rotation
 * @param stages residual quantisers of whole vectors, each on what the one before left over; may be 0
 * @param stageBits bits of each stage's number
 * @param parts pieces into which the remainder is cut; may be 0
 * @param partBits bits of each piece's number
 */
public record Scheme(int rotation, int stages, int stageBits, int parts, int partBits) {
    private static final int MOST_BITS = 20;

    public Scheme {
        if (rotation < 0 || stages < 0 || parts < 0 || stages + parts == 0) {
            throw new BadInputException("A scheme with rotation " + rotation + ", " + stages + " stages and " + parts
                    + " parts is not possible; give no negative number and at least one stage or part.");
        }
        checkBits("stages", stages, stageBits);
        checkBits("parts", parts, partBits);
    }

    private static void checkBits(String what, int count, int bits) {
        if (count > 0 && (bits < 1 || bits > MOST_BITS)) {
            throw new BadInputException("The " + what + " have " + bits + " bits; give 1 to " + MOST_BITS + ".");
        }
    }

    /** Plain product quantisation, as the seed's EfficientMemoryCompression has it (section 6.3: 4 or 8 parts of 8 bits). */
    public static Scheme product(int parts, int bits) {
        return new Scheme(0, 0, 0, parts, bits);
    }

    /** Product quantisation after an optimised rotation. */
    public static Scheme rotatedProduct(int parts, int bits) {
        return new Scheme(parts, 0, 0, parts, bits);
    }

    /**
     * The seed's VectorCompressor (section 3.3: 1024 lists, 8 parts of 8 bits): product quantisation of the difference to the
     * nearest of 2^listBits centroids. Differs from the seed in that a code holds its list's number, since a memory is read alone
     * and not out of an index; and in that compressing returns the codes: the seed's compress returns nothing, because faiss's
     * add_with_ids keeps the codes inside the index.
     */
    public static Scheme ivf(int listBits, int parts, int bits) {
        return new Scheme(0, 1, listBits, parts, bits);
    }

    /**
     * Memory3's OPQ20x80-Residual2x14-PQ8x10 (arXiv 2407.01178), for other head sizes too: a rotation optimised for parts of four
     * numbers, two stages, eight parts of 10 bits. 108 bits, 14 bytes, for 14-bit stages.
     *
     * @param dimensions head size; a multiple of 8
     * @param stageBits 14 in the paper; a sample must hold at least 2^stageBits vectors
     */
    public static Scheme memory3(int dimensions, int stageBits) {
        return new Scheme(dimensions / 4, 2, stageBits, 8, 10);
    }

    /** The name in the manner of faiss, for example {@code OPQ16x64-Residual2x14-PQ8x10}. */
    public String name(int dimensions) {
        StringBuilder name = new StringBuilder();
        if (rotation > 0) {
            name.append("-OPQ").append(rotation).append('x').append(dimensions);
        }
        if (stages == 1 && parts > 0 && rotation == 0) {
            name.append("-IVF").append(1 << stageBits);
        } else if (stages > 0) {
            name.append("-Residual").append(stages).append('x').append(stageBits);
        }
        if (parts > 0) {
            name.append("-PQ").append(parts).append('x').append(partBits);
        }
        return name.substring(1);
    }

    /** Bits of a code before it is filled up to whole bytes. */
    public int bits() {
        return stages * stageBits + parts * partBits;
    }

    /** Vectors that a sample must hold at least. */
    public int leastSample() {
        return 1 << Math.max(stages > 0 ? stageBits : 0, parts > 0 ? partBits : 0);
    }

    /** Width in bits of each number of a code, stages first. */
    int[] widths() {
        int[] widths = new int[stages + parts];
        for (int i = 0; i < widths.length; i++) {
            widths[i] = i < stages ? stageBits : partBits;
        }
        return widths;
    }

    void checkDimensions(int dimensions) {
        if (dimensions < 1 || parts > 0 && dimensions % parts != 0 || rotation > 0 && dimensions % rotation != 0) {
            throw new BadInputException("Vectors of " + dimensions + " numbers cannot be cut into " + parts
                    + " equal parts after a rotation for " + rotation + "; give numbers that divide " + dimensions
                    + ".");
        }
    }
}
