package dev.engram.tiers;

import ai.djl.ndarray.NDArray;
import dev.engram.model.TrainableDecoder;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * A checksum of each parameter: shows which weights a step has changed, and that answering changes none (seed 001, claim 3).
 *
 * @param sums CRC-32 of the values in f32, by name
 */
public record WeightHash(Map<String, Long> sums) {
    public static WeightHash of(TrainableDecoder decoder) {
        Map<String, Long> sums = new TreeMap<>();
        for (Map.Entry<String, NDArray> e : decoder.parameters().entrySet()) {
            float[] values = e.getValue().toFloatArray();
            ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
            FloatBuffer view = bytes.asFloatBuffer();
            view.put(values);
            CRC32 crc = new CRC32();
            crc.update(bytes);
            sums.put(e.getKey(), crc.getValue());
        }
        return new WeightHash(Map.copyOf(sums));
    }

    /** Parameters that are not the same, by name. */
    public List<String> changed(WeightHash later) {
        return sums.keySet().stream()
                .filter(n -> !sums.get(n).equals(later.sums.get(n)))
                .sorted()
                .toList();
    }
}
