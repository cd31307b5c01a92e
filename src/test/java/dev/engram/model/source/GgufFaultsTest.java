package dev.engram.model.source;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufFaultsTest {
    private static final int F32 = 0;

    @TempDir
    Path folder;

    @Test
    void versionTwoIsRead() throws IOException {
        Path file = new GgufBytes(2).tensor("x", F32, 0, 4, 2).write(path(), 32);
        try (GgufFile f = GgufFile.open(file)) {
            assertEquals(2, f.version());
            assertEquals(8, f.tensor("x").elements());
        }
    }

    @Test
    void filesAboveTwoGigabytesAreReadInParts() throws IOException {
        long far = 3L << 30;
        Path file = new GgufBytes(3)
                .tensor("near", F32, 0, 8)
                .tensor("far", F32, far, 2)
                .write(path(), 32);
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.seek(Files.size(file) - 32 + far);
            sparse.write(new byte[] {0, 0, -128, 63, 0, 0, 0, 64});
        }
        try (GgufFile f = GgufFile.open(file)) {
            assertArrayEquals(new float[] {1, 2}, Dequantizer.toFloats(f.tensor("far")));
            assertArrayEquals(new float[8], Dequantizer.toFloats(f.tensor("near")));
        }
    }

    @Test
    void otherFilesAndVersions() throws IOException {
        Files.write(path(), new byte[0]);
        Refusal.of(() -> GgufFile.open(path()), "bad.gguf", "GGUF");
        Files.writeString(path(), "<html>not found</html>");
        Refusal.of(() -> GgufFile.open(path()), "bad.gguf", "GGUF");
        Refusal.of(() -> GgufFile.open(folder.resolve("none.gguf")), "none.gguf");
        new GgufBytes(1).write(path(), 32);
        Refusal.of(() -> GgufFile.open(path()), "version 1");
        new GgufBytes(0x03000000).write(path(), 32);
        Refusal.of(() -> GgufFile.open(path()), "version 3", "big-endian");
    }

    @Test
    void everyTruncationIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(Golden.gguf("llama"));
        for (int length = 0; length < whole.length; length += length < 3000 ? 7 : 997) {
            Files.write(path(), Arrays.copyOf(whole, length));
            Refusal.of(() -> GgufCheckpoint.open(path()), "bad.gguf");
        }
    }

    @Test
    void inflatedCountsAndLengths() throws IOException {
        GgufBytes.of("llama").counts(Long.MAX_VALUE, 1).write(path(), 64);
        Refusal.of(() -> GgufFile.open(path()), "9223372036854775807 tensors");
        GgufBytes.of("llama").counts(0, -1).write(path(), 64);
        Refusal.of(() -> GgufFile.open(path()), "18446744073709551615 metadata entries");
        new GgufBytes(3).pair("k", 8, GgufBytes.u64(1L << 40)).write(path(), 64);
        Refusal.of(() -> GgufFile.open(path()), "1099511627776 bytes in metadata key k");
        new GgufBytes(3)
                .pair("k", 9, GgufBytes.join(GgufBytes.u32(5), GgufBytes.u64(1L << 61)))
                .write(path(), 64);
        Refusal.of(() -> GgufFile.open(path()), "values in the array k");
    }

    @Test
    void wrongMetadata() throws IOException {
        byte[] one = GgufBytes.u32(1);
        new GgufBytes(3).pair("k", 4, one).pair("k", 4, one).write(path(), 32);
        Refusal.of(() -> GgufFile.open(path()), "key k twice");
        new GgufBytes(3).pair("k", 13, one).write(path(), 32);
        Refusal.of(() -> GgufFile.open(path()), "unknown value type 13");
        byte[] nested = one;
        for (int i = 0; i < 5; i++) {
            nested = GgufBytes.join(GgufBytes.u32(9), GgufBytes.u64(1), nested);
        }
        new GgufBytes(3).pair("k", 9, nested).write(path(), 64);
        Refusal.of(() -> GgufFile.open(path()), "nests");
        new GgufBytes(3).pair("general.alignment", 4, GgufBytes.u32(24)).write(path(), 64);
        Refusal.of(() -> GgufFile.open(path()), "general.alignment = 24");
        new GgufBytes(3).pair("general.alignment", 4, GgufBytes.u32(0)).write(path(), 64);
        Refusal.of(() -> GgufFile.open(path()), "general.alignment = 0");
    }

    @Test
    void metadataLargerThanTheHeapAllowsIsRefused() throws IOException {
        int length = 12 << 20;
        new GgufBytes(3)
                .pair("k", 9, GgufBytes.join(GgufBytes.u32(7), GgufBytes.u64(length), new byte[length]))
                .write(path(), 32);
        Refusal.of(() -> GgufFile.open(path()), "metadata larger than");
    }

    @Test
    void wrongTensors() throws IOException {
        new GgufBytes(3).tensor("x", F32, 0, 8).tensor("y", F32, 0, 8).write(path(), 64);
        Refusal.of(() -> GgufFile.open(path()), "x", "y", "overlap");
        new GgufBytes(3).tensor("x", F32, 0, 8).tensor("x", F32, 32, 8).write(path(), 64);
        Refusal.of(() -> GgufFile.open(path()), "tensor x twice");
        new GgufBytes(3).tensor("x", F32, 64, 8).write(path(), 64);
        Refusal.of(() -> GgufFile.open(path()), "byte 64", "beyond the end");
        new GgufBytes(3).tensor("x", F32, -32, 8).write(path(), 64);
        Refusal.of(() -> GgufFile.open(path()), "beyond the end");
        new GgufBytes(3).tensor("x", F32, 4, 8).write(path(), 64);
        Refusal.of(() -> GgufFile.open(path()), "not aligned");
        new GgufBytes(3).tensor("x", F32, 0, 1L << 40, 1L << 40).write(path(), 64);
        Refusal.of(() -> GgufFile.open(path()), "dimensions");
        new GgufBytes(3).tensor("x", F32, 0, 0).write(path(), 64);
        Refusal.of(() -> GgufFile.open(path()), "dimensions [0]");
        new GgufBytes(3).tensor("x", F32, 0, 1, 1, 1, 1, 1).write(path(), 64);
        Refusal.of(() -> GgufFile.open(path()), "5 dimensions");
        new GgufBytes(3).tensor("x", 3, 0, 33).write(path(), 64);
        Refusal.of(() -> GgufFile.open(path()), "33", "block of 32");
        new GgufBytes(3).tensor("x", 23, 0, 256).write(path(), 640);
        Refusal.of(() -> GgufFile.open(path()), "IQ4_XS", "x");
        new GgufBytes(3).tensor("x", 99, 0, 256).write(path(), 640);
        Refusal.of(() -> GgufFile.open(path()), "number 99");
    }

    @Test
    void unsupportedModels() throws IOException {
        GgufBytes.of("gemma3").write(path(), 32);
        Refusal.of(() -> GgufCheckpoint.open(path()), "bad.gguf", "'gemma3'", "llama, qwen2 or qwen3");
        new GgufBytes(3).write(path(), 32);
        Refusal.of(() -> GgufCheckpoint.open(path()), "general.architecture");
        GgufBytes.of("llama").write(path(), 32);
        Refusal.of(() -> GgufCheckpoint.open(path()), "llama.embedding_length");
        GgufBytes.of("llama").pair("llama.expert_count", 4, GgufBytes.u32(8)).write(path(), 32);
        Refusal.of(() -> GgufCheckpoint.open(path()), "8 experts");
    }

    @Test
    void configurationAndWeightsThatDisagree() throws IOException {
        patched("llama.feed_forward_length", 96, 128);
        Refusal.of(() -> GgufCheckpoint.open(path()), "mlp.gate_proj.weight", "[96, 64]", "[128, 64]");
        patched("llama.block_count", 2, 3);
        Refusal.of(() -> GgufCheckpoint.open(path()), "lacks 9 of 30 tensors", "model.layers.2.input_layernorm.weight");
        patched("llama.block_count", 2, 1);
        Refusal.of(() -> GgufCheckpoint.open(path()), "model.layers.1", "beyond the 1 layers");
        patched("llama.block_count", 2, Integer.MAX_VALUE);
        Refusal.of(() -> GgufCheckpoint.open(path()), "2147483647 layers");
        patched("llama.attention.head_count_kv", 2, 3);
        Refusal.of(() -> GgufCheckpoint.open(path()), "bad.gguf", "num_key_value_heads = 3");
        patched("llama.attention.head_count", 4, 0);
        Refusal.of(() -> GgufCheckpoint.open(path()), "0 attention heads");
        patched("tokenizer.ggml.eos_token_id", 2, 40);
        Refusal.of(() -> GgufCheckpoint.open(path()), "eos_token_id = 40");
    }

    @Test
    void aMissingTokenizerIsSaid() throws IOException {
        byte[] bytes = Files.readAllBytes(Golden.gguf("llama"));
        bytes[Bytes.indexOf(bytes, "tokenizer.ggml.tokens")] = 'T';
        Files.write(path(), bytes);
        try (Checkpoint c = GgufCheckpoint.open(path())) {
            Refusal.of(c::tokenizerJson, "bad.gguf", "no tokenizer");
        }
    }

    private void patched(String key, int from, int to) throws IOException {
        byte[] bytes = Files.readAllBytes(Golden.gguf("llama"));
        Bytes.patchU32(bytes, key, from, to);
        Files.write(path(), bytes);
    }

    private Path path() {
        return folder.resolve("bad.gguf");
    }
}
