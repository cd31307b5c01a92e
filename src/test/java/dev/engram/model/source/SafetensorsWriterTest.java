package dev.engram.model.source;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {
    @TempDir
    Path folder;

    private static float[] read(StoredTensor t) {
        float[] values = new float[(int) t.elements()];
        Dequantizer.toFloats(t, 0, values, 0, values.length);
        return values;
    }

    @Test
    void whatIsWrittenIsRead() {
        Path file = folder.resolve("new/a.safetensors");
        float[] many = new float[50_000];
        for (int i = 0; i < many.length; i++) {
            many[i] = i * 0.37f - 900;
        }
        new SafetensorsWriter()
                .metadata("format", "pt")
                .metadata("wörter", "\"a\"\nb")
                .add("odd", TensorType.BF16, new long[] {3}, new float[] {1, -2.5f, 0.15625f})
                .add("many", TensorType.F32, new long[] {2, 100, 250}, many)
                .add("none", TensorType.F32, new long[] {0, 4}, new float[0])
                .add("one", TensorType.F32, new long[0], new float[] {7})
                .write(file);
        try (SafetensorsFile in = SafetensorsFile.open(file)) {
            assertEquals(
                    List.of("odd", "many", "none", "one"),
                    List.copyOf(in.shapes().keySet()));
            assertEquals(Map.of("format", "pt", "wörter", "\"a\"\nb"), in.metadata());
            assertArrayEquals(new float[] {1, -2.5f, 0.15625f}, read(in.tensor("odd")));
            assertArrayEquals(many, read(in.tensor("many")));
            assertArrayEquals(new long[] {2, 100, 250}, in.tensor("many").shape());
            assertEquals(0, in.tensor("none").elements());
            assertArrayEquals(new float[] {7}, read(in.tensor("one")));
        }
    }

    @Test
    void theDataBeginsAtAMultipleOfEight() throws IOException {
        for (int n = 1; n < 10; n++) {
            Path file = folder.resolve("a.safetensors");
            new SafetensorsWriter()
                    .add("x".repeat(n), TensorType.F32, new long[] {1}, new float[1])
                    .write(file);
            long header = ByteBuffer.wrap(Files.readAllBytes(file))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getLong();
            assertEquals(0, header % 8);
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(1, files.count(), "no temporary file stays");
        }
    }

    @Test
    void bf16IsRoundedToNearestEven() {
        assertEquals((short) 0x3F80, SafetensorsWriter.bf16(1f));
        assertEquals((short) 0x3F80, SafetensorsWriter.bf16(Float.intBitsToFloat(0x3F808000)), "a tie, to even");
        assertEquals((short) 0x3F82, SafetensorsWriter.bf16(Float.intBitsToFloat(0x3F818000)), "a tie, to even");
        assertEquals((short) 0x3F81, SafetensorsWriter.bf16(Float.intBitsToFloat(0x3F808001)));
        assertEquals((short) 0x3F80, SafetensorsWriter.bf16(Float.intBitsToFloat(0x3F807FFF)));
        assertEquals((short) 0xFF80, SafetensorsWriter.bf16(Float.NEGATIVE_INFINITY));
        assertEquals((short) 0x7F80, SafetensorsWriter.bf16(Float.MAX_VALUE));
        assertEquals((short) 0x7FC0, SafetensorsWriter.bf16(Float.NaN));
    }

    @Test
    void wrongTensorsAreRefused() {
        SafetensorsWriter writer = new SafetensorsWriter();
        writer.add("a", TensorType.F32, new long[] {2}, new float[2]);
        assertThrows(
                IllegalArgumentException.class, () -> writer.add("a", TensorType.F32, new long[] {2}, new float[2]));
        assertThrows(
                IllegalArgumentException.class, () -> writer.add("b", TensorType.F32, new long[] {3}, new float[2]));
        assertThrows(
                IllegalArgumentException.class, () -> writer.add("c", TensorType.Q8_0, new long[] {2}, new float[2]));
    }
}
