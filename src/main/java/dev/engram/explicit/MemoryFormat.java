package dev.engram.explicit;

import dev.engram.model.source.Dequantizer;
import dev.engram.model.source.SafetensorsFile;
import dev.engram.model.source.SafetensorsWriter;
import dev.engram.model.source.StoredTensor;
import dev.engram.model.source.TensorType;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** How the keys and values of a memory lie in a shard, as tensors {@code ID.keys} and {@code ID.values}. */
interface MemoryFormat {
    /** Adds both to a file that is being written. */
    void add(SafetensorsWriter file, String id, ExplicitMemory memory);

    /**
     * Reads both.
     *
     * @param like layers, heads and positions; its keys and values are empty of meaning
     * @return null if the file holds something of another shape
     */
    ExplicitMemory read(SafetensorsFile file, String id, ExplicitMemory like);

    /** Numbers, [layers, kvHeads, tokens, headDim]. */
    record Plain(TensorType type) implements MemoryFormat {
        @Override
        public void add(SafetensorsWriter file, String id, ExplicitMemory m) {
            long[] shape = {m.layers().length, m.kvHeads(), m.tokens(), m.headDim()};
            file.add(id + ".keys", type, shape, m.keys()).add(id + ".values", type, shape, m.values());
        }

        @Override
        public ExplicitMemory read(SafetensorsFile file, String id, ExplicitMemory like) {
            StoredTensor keys = file.tensor(id + ".keys");
            StoredTensor values = file.tensor(id + ".values");
            long[] shape = {like.layers().length, like.kvHeads(), like.tokens(), like.headDim()};
            return Arrays.equals(keys.shape(), shape) && Arrays.equals(values.shape(), shape)
                    ? like.with(Dequantizer.toFloats(keys), Dequantizer.toFloats(values))
                    : null;
        }
    }

    /** Codes, [layers, kvHeads, tokens, bytes of a code]. */
    record Coded(MemoryCodec codec) implements MemoryFormat {
        @Override
        public void add(SafetensorsWriter file, String id, ExplicitMemory m) {
            byte[][] codes = codec.encode(m);
            file.add(id + ".keys", shape(m, codes[0]), codes[0]).add(id + ".values", shape(m, codes[1]), codes[1]);
        }

        private static long[] shape(ExplicitMemory m, byte[] codes) {
            int vectors = m.positions().length;
            return new long[] {m.layers().length, m.kvHeads(), m.tokens(), vectors == 0 ? 0 : codes.length / vectors};
        }

        @Override
        public ExplicitMemory read(SafetensorsFile file, String id, ExplicitMemory like) {
            byte[] keys = all(file.bytes(id + ".keys"));
            byte[] values = all(file.bytes(id + ".values"));
            return codec.fits(like, keys, values) ? codec.decode(like, new byte[][] {keys, values}) : null;
        }

        private static byte[] all(ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.get(bytes);
            return bytes;
        }
    }
}
