package dev.engram.explicit;

import dev.engram.explicit.compress.CentredCodecs;
import dev.engram.explicit.compress.QuantizedCodec;
import dev.engram.explicit.compress.ScalarCodec;
import dev.engram.explicit.compress.Scheme;
import dev.engram.explicit.compress.VectorCodec;
import dev.engram.model.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * Memories as codes (paper section 3.3, seed 6.3). One codec serves the keys of all memory layers and heads and one the values;
 * each layer and head has a mean of its own, which is taken off first. Positions are not coded: eight of them are eight bytes.
 *
 * <p>Differs from the paper in the means, and in that the codec is trained on memories of the model at hand.
 */
public final class MemoryCodec {
    /** Bits of each of the paper's two residual stages; it has 14, which need more vectors than small banks hold. */
    private static final int STAGE_BITS = 10;

    private final CentredCodecs keys;
    private final CentredCodecs values;

    private MemoryCodec(CentredCodecs keys, CentredCodecs values) {
        this.keys = keys;
        this.values = values;
    }

    /**
     * Takes means, and trains a codec for keys and one for values.
     *
     * @param samples memories of the same layers; other ones than those it is judged by
     * @param trainer a codec from vectors [n, headDim], one after the other
     */
    public static MemoryCodec train(List<ExplicitMemory> samples, Function<float[], VectorCodec> trainer) {
        if (samples.isEmpty()) {
            throw new BadInputException("A codec of memories needs some memories to be trained on; give at least one.");
        }
        return new MemoryCodec(
                train(samples, ExplicitMemory::keys, trainer), train(samples, ExplicitMemory::values, trainer));
    }

    private static CentredCodecs train(
            List<ExplicitMemory> samples,
            Function<ExplicitMemory, float[]> numbers,
            Function<float[], VectorCodec> trainer) {
        ExplicitMemory any = samples.get(0);
        List<float[]> groups = new ArrayList<>();
        for (int g = 0; g < any.layers().length * any.kvHeads(); g++) {
            float[] group = new float
                    [samples.stream().mapToInt(m -> m.tokens() * m.headDim()).sum()];
            int at = 0;
            for (ExplicitMemory m : samples) {
                float[] own = part(m, numbers.apply(m), g);
                System.arraycopy(own, 0, group, at, own.length);
                at += own.length;
            }
            groups.add(group);
        }
        return CentredCodecs.train(groups, any.headDim(), trainer);
    }

    /** Vectors of one layer and head, [tokens × headDim]. */
    private static float[] part(ExplicitMemory m, float[] numbers, int group) {
        int size = m.tokens() * m.headDim();
        return Arrays.copyOfRange(numbers, group * size, (group + 1) * size);
    }

    /** Name of the codec of the keys, such as {@code int4}. */
    public String name() {
        return keys.shared().name();
    }

    /** Stored bits for each number, the means left out. */
    public double bitsPerNumber() {
        return (keys.shared().bitsPerDimension() + values.shared().bitsPerDimension()) / 2;
    }

    /** Codes of keys and of values of a memory, [layers × kvHeads × tokens] codes each. */
    public byte[][] encode(ExplicitMemory m) {
        return new byte[][] {encode(m, keys, m.keys()), encode(m, values, m.values())};
    }

    private byte[] encode(ExplicitMemory m, CentredCodecs codecs, float[] numbers) {
        requireGroups(m);
        int bytes = m.tokens() * codecs.shared().bytesPerVector();
        byte[] codes = new byte[codecs.groups() * bytes];
        for (int g = 0; g < codecs.groups(); g++) {
            System.arraycopy(codecs.encode(g, part(m, numbers, g)), 0, codes, g * bytes, bytes);
        }
        return codes;
    }

    /**
     * A memory from its codes.
     *
     * @param like gives layers, heads, tokens and positions; its numbers are not looked at
     */
    public ExplicitMemory decode(ExplicitMemory like, byte[][] codes) {
        requireGroups(like);
        return like.with(decode(like, keys, codes[0]), decode(like, values, codes[1]));
    }

    /** Whether these are as many codes as the memory has vectors. */
    boolean fits(ExplicitMemory like, byte[] keyCodes, byte[] valueCodes) {
        int vectors = like.positions().length;
        return keyCodes.length == vectors * keys.shared().bytesPerVector()
                && valueCodes.length == vectors * values.shared().bytesPerVector();
    }

    private static float[] decode(ExplicitMemory like, CentredCodecs codecs, byte[] codes) {
        int size = like.tokens() * like.headDim();
        int bytes = like.tokens() * codecs.shared().bytesPerVector();
        float[] numbers = new float[codecs.groups() * size];
        for (int g = 0; g < codecs.groups(); g++) {
            float[] own = codecs.decode(g, Arrays.copyOfRange(codes, g * bytes, (g + 1) * bytes), like.tokens());
            System.arraycopy(own, 0, numbers, g * size, size);
        }
        return numbers;
    }

    /** What a memory is after it was stored. */
    public ExplicitMemory through(ExplicitMemory m) {
        return decode(m, encode(m));
    }

    private void requireGroups(ExplicitMemory m) {
        if (m.layers().length * m.kvHeads() != keys.groups()
                || m.headDim() != keys.shared().dimensions()) {
            throw new BadInputException("The codec knows " + keys.groups() + " layers and heads of "
                    + keys.shared().dimensions() + " numbers, but the memory has "
                    + m.layers().length * m.kvHeads() + " of " + m.headDim()
                    + "; train a codec on memories of the same layers.");
        }
    }

    /**
     * A trainer by the name that users give.
     *
     * @param name int2 to int8, or memory3 for the paper's scheme at this width
     */
    public static Function<float[], VectorCodec> trainer(String name, int headDim, long seed) {
        if (name.matches("int[2-8]")) {
            return vectors -> new ScalarCodec(headDim, name.charAt(3) - '0');
        }
        if (name.equals("memory3")) {
            Scheme scheme = Scheme.memory3(headDim, STAGE_BITS);
            return vectors -> QuantizedCodec.train(vectors, headDim, scheme, seed);
        }
        throw new BadInputException("There is no codec '" + name + "'; give int2 to int8, or memory3.");
    }

    /** Writes both codecs below a folder. */
    public void save(Path folder) {
        keys.save(folder.resolve("keys"));
        values.save(folder.resolve("values"));
    }

    /** Name of a saved codec and a checksum of all its files; a folder that holds none is refused. */
    static String identity(Path folder) {
        CRC32 crc = new CRC32();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                crc.update(Files.readAllBytes(file));
            }
        } catch (IOException e) {
            throw new BadInputException(
                    folder + " holds no codec (" + e + "); restore it from a copy, or write the bank again.", e);
        }
        return load(folder).name() + " " + Long.toHexString(crc.getValue());
    }

    /** Reads what was saved; a folder that holds none, or a damaged file, is refused. */
    public static MemoryCodec load(Path folder) {
        return new MemoryCodec(
                CentredCodecs.load(folder.resolve("keys")), CentredCodecs.load(folder.resolve("values")));
    }
}
