package dev.engram.explicit.compress;

import dev.engram.model.BadInputException;
import dev.engram.model.source.SafetensorsFile;
import dev.engram.model.source.SafetensorsWriter;
import dev.engram.model.source.StoredTensor;
import dev.engram.model.source.TensorType;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * One codec for vectors of several groups, such as the key/value heads of all memory layers, each group with a mean of its own,
 * which is subtracted before coding and added again. Keys lie around means far from zero: in four bits the keys of the default
 * model lose seven times less this way. The means are stored once for all memories.
 *
 * <p>Memory3 has no such step; its paper does not say whether keys of different layers share a codec.
 */
public final class CentredCodecs {
    private static final String CODEC = "codec.safetensors";
    private static final String MEANS = "means.safetensors";

    private final VectorCodec inner;
    private final int groups;
    private final float[] means; // [groups, d]

    private CentredCodecs(VectorCodec inner, int groups, float[] means) {
        this.inner = inner;
        this.groups = groups;
        this.means = means;
    }

    /**
     * Takes each group's mean, and trains one codec on all vectors less their means.
     *
     * @param samples vectors of each group, [n, d] one after the other; every group has some
     * @param trainer makes the codec from a sample; {@code sample -> new ScalarCodec(d, 4)} needs none
     */
    public static CentredCodecs train(List<float[]> samples, int d, Function<float[], VectorCodec> trainer) {
        float[] means = new float[samples.size() * d];
        float[] all = new float[samples.stream().mapToInt(s -> s.length).sum()];
        int at = 0;
        for (int g = 0; g < samples.size(); g++) {
            float[] sample = samples.get(g);
            if (Vectors.count(sample, d) == 0) {
                throw new BadInputException(
                        "Group " + g + " of " + samples.size() + " has no vectors; give each group a sample.");
            }
            mean(sample, d, means, g * d);
            float[] centred = moved(sample, d, means, g * d, -1);
            System.arraycopy(centred, 0, all, at, centred.length);
            at += centred.length;
        }
        return new CentredCodecs(trainer.apply(all), samples.size(), means);
    }

    /** How many groups there are. */
    public int groups() {
        return groups;
    }

    /** The codec that all groups share, without means. */
    public VectorCodec shared() {
        return inner;
    }

    /** The code of vectors of a group. */
    public byte[] encode(int group, float[] vectors) {
        Vectors.count(vectors, inner.dimensions());
        return inner.encode(moved(vectors, inner.dimensions(), means, place(group), -1));
    }

    /** The vectors of n codes of a group. */
    public float[] decode(int group, byte[] codes, int n) {
        return moved(inner.decode(codes, n), inner.dimensions(), means, place(group), 1);
    }

    /** Writes the shared codec and the means into a folder. */
    public void save(Path folder) {
        int d = inner.dimensions();
        inner.save(folder.resolve(CODEC));
        new SafetensorsWriter()
                .add("means", TensorType.F32, new long[] {groups, d}, means)
                .write(folder.resolve(MEANS));
    }

    /** Reads what was saved; a folder that holds none, or a damaged file, gives a {@link BadInputException}. */
    public static CentredCodecs load(Path folder) {
        VectorCodec inner = VectorCodec.load(folder.resolve(CODEC));
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(MEANS))) {
            StoredTensor tensor = file.tensor("means");
            if (tensor == null
                    || tensor.type() != TensorType.F32
                    || tensor.shape().length != 2
                    || tensor.shape()[1] != inner.dimensions()) {
                throw new BadInputException(file.path() + " holds no f32 means of " + inner.dimensions()
                        + " numbers; restore it from a copy, or train the codec again.");
            }
            float[] means = new float[(int) tensor.elements()];
            tensor.data().asFloatBuffer().get(means);
            Vectors.count(means, inner.dimensions());
            return new CentredCodecs(inner, (int) tensor.shape()[0], means);
        }
    }

    private int place(int group) {
        if (group < 0 || group >= groups) {
            throw new BadInputException("There is no group " + group + "; give 0 to " + (groups - 1) + ".");
        }
        return group * inner.dimensions();
    }

    private static void mean(float[] x, int d, float[] means, int at) {
        double[] sums = new double[d];
        for (int i = 0; i < x.length; i++) {
            sums[i % d] += x[i];
        }
        for (int j = 0; j < d; j++) {
            means[at + j] = (float) (sums[j] * d / x.length);
        }
    }

    private static float[] moved(float[] x, int d, float[] means, int at, int sign) {
        float[] out = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            out[i] = x[i] + sign * means[at + i % d];
        }
        return out;
    }
}
