package dev.engram.explicit.compress;

import dev.engram.model.BadInputException;
import dev.engram.model.source.SafetensorsWriter;
import dev.engram.model.source.TensorType;
import dev.engram.report.Progress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A vector as numbers of centroids, arranged by a {@link Scheme}. Encoding is greedy: each stage takes the centroid nearest to
 * what the stages before left over.
 *
 * <p>Differs from faiss, which Memory3 uses, in that encoding with several stages follows one path and not the best of five.
 */
public final class QuantizedCodec implements VectorCodec {
    private static final int STAGE_ROUNDS = 12;
    private static final int PART_ROUNDS = 20;

    private final Scheme scheme;
    private final int d;
    private final float[] rotation; // [d, d], or null
    private final List<float[]> stages; // each [2^stageBits, d], in the rotated space
    private final List<float[]> parts; // each [2^partBits, d / parts], in the rotated space
    private final BitPacking packing;
    private final List<float[]> tables; // what each number adds to the decoded vector, in the original space

    QuantizedCodec(Scheme scheme, int d, float[] rotation, List<float[]> stages, List<float[]> parts) {
        this.scheme = scheme;
        this.d = d;
        this.rotation = rotation;
        this.stages = List.copyOf(stages);
        this.parts = List.copyOf(parts);
        packing = new BitPacking(scheme.widths());
        tables = tables();
    }

    /**
     * Learns the centroids.
     *
     * @param sample n vectors like those to be compressed, one after the other; n at least {@link Scheme#leastSample()}, and
     *     better 30 times as many: with few vectors a centroid learns single ones by heart and new vectors come back worse
     * @param d numbers of a vector
     * @param seed of every draw; the same seed, sample and scheme give the same codec
     */
    public static QuantizedCodec train(float[] sample, int d, Scheme scheme, long seed) {
        scheme.checkDimensions(d);
        int n = Vectors.count(sample, d);
        if (n < scheme.leastSample()) {
            throw new BadInputException("The sample has " + n + " vectors, but " + scheme.name(d) + " needs at least "
                    + scheme.leastSample() + "; give more vectors or fewer bits.");
        }
        SplittableRandom random = new SplittableRandom(seed);
        int steps = (scheme.rotation() > 0 ? Rotation.ROUNDS : 0) + scheme.stages() + scheme.parts();
        try (Progress progress = Progress.start("Training " + scheme.name(d), steps)) {
            float[] rotation =
                    scheme.rotation() > 0 ? Rotation.train(sample, d, scheme.rotation(), random, progress) : null;
            float[] left = rotation == null ? sample.clone() : Nearest.times(sample, rotation, d);
            List<float[]> stages = new ArrayList<>();
            for (int s = 0; s < scheme.stages(); s++) {
                stages.add(KMeans.train(left, d, 1 << scheme.stageBits(), STAGE_ROUNDS, random));
                subtract(left, stages.get(s), Nearest.of(left, stages.get(s), d), d);
                progress.step();
            }
            List<float[]> parts = new ArrayList<>();
            int width = scheme.parts() == 0 ? 0 : d / scheme.parts();
            for (int p = 0; p < scheme.parts(); p++) {
                float[] piece = Rotation.columns(left, d, p * width, width);
                parts.add(KMeans.train(piece, width, 1 << scheme.partBits(), PART_ROUNDS, random));
                progress.step();
            }
            return new QuantizedCodec(scheme, d, rotation, stages, parts);
        }
    }

    @Override
    public String name() {
        return scheme.name(d);
    }

    @Override
    public int dimensions() {
        return d;
    }

    @Override
    public int bytesPerVector() {
        return packing.bytes();
    }

    public Scheme scheme() {
        return scheme;
    }

    @Override
    public byte[] encode(float[] vectors) {
        int n = Vectors.count(vectors, d);
        byte[] codes = new byte[Math.multiplyExact(n, packing.bytes())];
        int[] numbers = numbers(vectors, n);
        for (int v = 0; v < n; v++) {
            packing.pack(numbers, v * packing.numbers(), codes, v * packing.bytes());
        }
        return codes;
    }

    /** [n, numbers] numbers of centroids. */
    private int[] numbers(float[] vectors, int n) {
        int[] numbers = new int[n * packing.numbers()];
        float[] left = rotation == null ? vectors.clone() : Nearest.times(vectors, rotation, d);
        for (int s = 0; s < stages.size(); s++) {
            int[] nearest = Nearest.of(left, stages.get(s), d);
            subtract(left, stages.get(s), nearest, d);
            put(nearest, numbers, s);
        }
        for (int p = 0; p < parts.size(); p++) {
            int width = d / parts.size();
            put(
                    Nearest.of(Rotation.columns(left, d, p * width, width), parts.get(p), width),
                    numbers,
                    stages.size() + p);
        }
        return numbers;
    }

    private void put(int[] column, int[] numbers, int at) {
        for (int v = 0; v < column.length; v++) {
            numbers[v * packing.numbers() + at] = column[v];
        }
    }

    private static void subtract(float[] left, float[] centroids, int[] nearest, int d) {
        for (int v = 0; v < nearest.length; v++) {
            for (int j = 0; j < d; j++) {
                left[v * d + j] -= centroids[nearest[v] * d + j];
            }
        }
    }

    @Override
    public float[] decode(byte[] codes, int n) {
        Vectors.codes(codes, n, packing.bytes(), name());
        float[] vectors = new float[n * d];
        int[] numbers = new int[packing.numbers()];
        for (int v = 0; v < n; v++) {
            packing.unpack(codes, v * packing.bytes(), numbers, 0);
            for (int i = 0; i < numbers.length; i++) {
                boolean piece = rotation == null && i >= stages.size();
                int width = piece ? d / parts.size() : d;
                int to = v * d + (piece ? (i - stages.size()) * width : 0);
                float[] table = tables.get(i);
                for (int j = 0, from = numbers[i] * width; j < width; j++) {
                    vectors[to + j] += table[from + j];
                }
            }
        }
        return vectors;
    }

    /** A rotation is linear, so that centroids can be turned back once instead of every decoded vector. */
    private List<float[]> tables() {
        List<float[]> all = new ArrayList<>(stages);
        all.addAll(parts);
        if (rotation == null) {
            return all;
        }
        float[] back = new float[d * d];
        for (int i = 0; i < d * d; i++) {
            back[i % d * d + i / d] = rotation[i];
        }
        for (int i = 0; i < all.size(); i++) {
            float[] whole = i < stages.size() ? all.get(i) : widened(all.get(i), i - stages.size());
            all.set(i, Nearest.times(whole, back, d));
        }
        return all;
    }

    private float[] widened(float[] piece, int part) {
        int width = d / parts.size();
        int k = piece.length / width;
        float[] whole = new float[k * d];
        for (int c = 0; c < k; c++) {
            System.arraycopy(piece, c * width, whole, c * d + part * width, width);
        }
        return whole;
    }

    @Override
    public void save(Path file) {
        SafetensorsWriter out = CodecFile.head(new SafetensorsWriter(), this);
        if (rotation != null) {
            out.add("rotation", TensorType.F32, new long[] {d, d}, rotation);
        }
        for (int s = 0; s < stages.size(); s++) {
            out.add("stage." + s, TensorType.F32, new long[] {stages.get(s).length / d, d}, stages.get(s));
        }
        for (int p = 0; p < parts.size(); p++) {
            int width = d / parts.size();
            out.add("part." + p, TensorType.F32, new long[] {parts.get(p).length / width, width}, parts.get(p));
        }
        out.write(file);
    }
}
