package dev.engram.model.source;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsFaultsTest {
    @TempDir
    Path folder;

    @Test
    void theThreeFormatsAreRead() throws IOException {
        ByteBuffer data = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        data.putFloat(1.5f).putFloat(-2).putShort((short) 0x3c00).putShort((short) 0xc000);
        data.putShort((short) 0x3f80).putShort((short) 0xc040);
        write(
                "{\"__metadata__\":{\"format\":\"pt\"},"
                        + tensor("a", "F32", "[2]", 0, 8) + "," + tensor("b", "F16", "[1,2]", 8, 12) + ","
                        + tensor("c", "BF16", "[2,1]", 12, 16) + "}   ",
                data.array());
        try (SafetensorsFile f = SafetensorsFile.open(path())) {
            assertArrayEquals(new float[] {1.5f, -2}, Dequantizer.toFloats(f.tensor("a")));
            assertArrayEquals(new float[] {1, -2}, Dequantizer.toFloats(f.tensor("b")));
            assertArrayEquals(new float[] {1, -3}, Dequantizer.toFloats(f.tensor("c")));
            assertArrayEquals(new long[] {2, 1}, f.tensor("c").shape());
            assertNull(f.tensor("d"));
            assertEquals(3, f.shapes().size());
        }
    }

    @Test
    void headers() throws IOException {
        Files.write(path(), new byte[5]);
        refused("5 bytes");
        Files.write(path(), GgufBytes.u64(1000));
        refused("header of 1000 bytes in a file of 8");
        Files.write(path(), GgufBytes.u64(-1));
        refused("header of 18446744073709551615 bytes");
        write("{\"a\":", new byte[0]);
        refused("not valid JSON");
        write("[1]", new byte[0]);
        refused("not valid JSON");
        write("{} {}", new byte[0]);
        refused("header");
        write("{\"a\":" + "[".repeat(5000), new byte[0]);
        refused("not valid JSON");
        Files.write(path(), GgufBytes.join(GgufBytes.u64(2), new byte[] {(byte) 0xff, (byte) 0xfe}));
        refused("not UTF-8");
    }

    @Test
    void tensorsThatDoNotFit() throws IOException {
        write("{" + tensor("a", "F32", "[2]", 0, 8) + "," + tensor("a", "F32", "[2]", 8, 16) + "}", new byte[16]);
        refused("tensor a twice");
        write("{" + tensor("a", "F32", "[2]", 0, 8) + "," + tensor("b", "F32", "[2]", 4, 12) + "}", new byte[12]);
        refused("overlap b");
        write("{" + tensor("a", "F32", "[2]", 0, 8) + "," + tensor("b", "F32", "[2]", 12, 20) + "}", new byte[20]);
        refused("hole before b");
        write("{" + tensor("a", "F32", "[2]", 0, 8) + "}", new byte[9]);
        refused("1 bytes after");
        write("{" + tensor("a", "F32", "[2]", 0, 8) + "}", new byte[7]);
        refused("bytes 0 to 8 of 7");
        write("{" + tensor("a", "F32", "[3]", 0, 8) + "}", new byte[8]);
        refused("8 bytes for tensor a of shape [3] in F32");
        write("{" + tensor("a", "F32", "[-2]", 0, 8) + "}", new byte[8]);
        refused("shape [-2]");
        write("{" + tensor("a", "F32", "[4294967296,4294967296,4]", 0, 8) + "}", new byte[8]);
        refused("shape");
        write("{" + tensor("a", "F32", "[1e30]", 0, 8) + "}", new byte[8]);
        refused("header");
        write("{" + tensor("a", "F32", "[2]", -8, 8) + "}", new byte[8]);
        refused("bytes -8");
        write("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F16\"}}", new byte[8]);
        refused("field dtype twice");
        write("{\"a\":{\"dtype\":\"F32\"}}", new byte[8]);
        refused("no dtype, shape or pair");
    }

    @Test
    void anUnsupportedFormatIsRefusedWhenItIsAskedFor() throws IOException {
        write("{" + tensor("a", "I64", "[1]", 0, 8) + "}", new byte[8]);
        try (SafetensorsFile f = SafetensorsFile.open(path())) {
            Refusal.of(() -> f.tensor("a"), "bad.safetensors", "I64", "F32, F16 or BF16");
        }
    }

    @Test
    void everyTruncationIsRefused() throws IOException {
        byte[] whole = TinyHf.safetensors(TinyHf.shapes("x", new long[] {3, 4}, "y", new long[] {5}), "F32", 4);
        for (int length = 0; length < whole.length; length++) {
            Files.write(path(), Arrays.copyOf(whole, length));
            refused("bad.safetensors");
        }
    }

    private void refused(String words) {
        Refusal.of(() -> SafetensorsFile.open(path()), "bad.safetensors", words);
    }

    private void write(String header, byte[] data) throws IOException {
        Files.write(path(), TinyHf.file(header, data));
    }

    private static String tensor(String name, String dtype, String shape, long begin, long end) {
        return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[" + begin + ","
                + end + "]}";
    }

    private Path path() {
        return folder.resolve("bad.safetensors");
    }
}
