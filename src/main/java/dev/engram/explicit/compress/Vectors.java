package dev.engram.explicit.compress;

import dev.engram.model.BadInputException;

/** Checks of what is given to a codec. */
final class Vectors {
    private Vectors() {}

    /** How many vectors these are. */
    static int count(float[] vectors, int dimensions) {
        if (vectors.length % dimensions != 0) {
            throw new BadInputException(vectors.length + " numbers are no whole vectors of " + dimensions
                    + "; give n times " + dimensions + " numbers.");
        }
        for (int i = 0; i < vectors.length; i++) {
            if (!Float.isFinite(vectors[i])) {
                throw new BadInputException("Number " + i % dimensions + " of vector " + i / dimensions + " is "
                        + vectors[i] + "; only finite numbers can be compressed.");
            }
        }
        return vectors.length / dimensions;
    }

    static void one(float[] vector, int dimensions) {
        if (vector.length != dimensions) {
            throw new BadInputException(
                    "The vector has " + vector.length + " numbers, but the codec was made for " + dimensions + ".");
        }
    }

    static void codes(byte[] codes, int n, int bytes, String name) {
        if (n < 0 || codes.length != (long) n * bytes) {
            throw new BadInputException(codes.length + " bytes are not " + n + " codes of " + name + ", which have "
                    + bytes + " bytes each; give the codes as they were encoded.");
        }
    }
}
