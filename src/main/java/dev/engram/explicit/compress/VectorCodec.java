package dev.engram.explicit.compress;

import dev.engram.model.BadInputException;
import java.nio.file.Path;

/** Turns vectors of a fixed length into codes of a fixed length and back, with a loss that the bits decide. */
public interface VectorCodec {
    /** What it is and with which numbers, for example {@code OPQ16x64-Residual2x14-PQ8x10} or {@code int8}. */
    String name();

    /** Numbers of a vector. */
    int dimensions();

    /** Bytes of a code; bits that do not fill a byte are padded. */
    int bytesPerVector();

    /**
     * Codes of vectors.
     *
     * @param vectors n vectors of {@link #dimensions()} finite numbers, one after the other
     * @return n codes of {@link #bytesPerVector()} bytes, one after the other
     */
    byte[] encode(float[] vectors);

    /**
     * Vectors that stand for codes.
     *
     * @param codes n codes, as {@link #encode} gave them
     * @param n how many
     * @return n vectors, one after the other
     */
    float[] decode(byte[] codes, int n);

    /** Writes all that {@link #load} needs as a safetensors file, which appears whole or not at all. */
    void save(Path file);

    /** Reads any codec that was saved; a file that is none, or damaged, gives a {@link BadInputException}. */
    static VectorCodec load(Path file) {
        return CodecFile.load(file);
    }

    /** Stored bits for each number of a vector, padding included. */
    default double bitsPerDimension() {
        return 8.0 * bytesPerVector() / dimensions();
    }

    /** One vector; the seed's name of it (section 6.3). */
    default byte[] compress(float[] vector) {
        Vectors.one(vector, dimensions());
        return encode(vector);
    }

    /** One vector back. */
    default float[] decompress(byte[] code) {
        return decode(code, 1);
    }

    /** Mean over all numbers of the squared difference between vectors and what comes back; 0 for no vectors. */
    default double meanSquaredError(float[] vectors) {
        float[] back = decode(encode(vectors), vectors.length / dimensions());
        double sum = 0;
        for (int i = 0; i < vectors.length; i++) {
            double difference = (double) vectors[i] - back[i];
            sum += difference * difference;
        }
        return vectors.length == 0 ? 0 : sum / vectors.length;
    }
}
