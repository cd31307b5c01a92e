package dev.engram.model.source;

import dev.engram.model.BadInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The identity of a model: what a memory bank is tied to. It depends on the files' bytes, not on where they lie. */
public final class ModelHash {
    /** Bytes of one part of a tensor in {@link #sample}. */
    private static final int SAMPLE = 512;

    private ModelHash() {}

    /**
     * SHA-256 in hexadecimal. Of a file: its bytes, as sha256sum prints it. Of a folder: the lines "hash  name" of its
     * config.json, tokenizer.json and safetensors files, sorted by name. About 0.3 s per 100 MB.
     */
    public static String of(Path model) {
        if (!Files.isDirectory(model)) {
            return file(model);
        }
        MessageDigest all = sha256();
        for (Path p : parts(model)) {
            all.update((file(p) + "  " + p.getFileName() + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return HexFormat.of().formatHex(all.digest());
    }

    /**
     * A fingerprint of a sample of the weights: 32 hexadecimal digits from the name, type and shape of
     * every tensor and 512 bytes at its start, middle and end, as stored. It guards against mixing up models; it proves
     * nothing, since a change between the sampled bytes keeps it. Adapters are not part of it. Takes some 20 to 60 ms of
     * computing for the 272 tensors of the default model, whose bytes need not all be read.
     */
    public static String sample(Checkpoint checkpoint) {
        MessageDigest all = sha256();
        for (String name : new TreeSet<>(checkpoint.names())) {
            StoredTensor t = checkpoint.tensor(name);
            all.update((name + " " + t.type() + " " + Arrays.toString(t.shape())).getBytes(StandardCharsets.UTF_8));
            int bytes = t.data().remaining();
            int length = Math.min(SAMPLE, bytes);
            for (int at : new int[] {0, (bytes - length) / 2, bytes - length}) {
                all.update(t.data().slice(t.data().position() + at, length));
            }
        }
        return HexFormat.of().formatHex(all.digest(), 0, 16);
    }

    /** A digest to feed. */
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static List<Path> parts(Path folder) {
        try (Stream<Path> all = Files.list(folder)) {
            List<Path> parts = all.filter(
                            p -> p.getFileName().toString().matches("config\\.json|tokenizer\\.json|.*\\.safetensors"))
                    .sorted()
                    .toList();
            if (parts.isEmpty()) {
                throw new BadInputException(folder + " holds no model; give a folder in Hugging Face layout.");
            }
            return parts;
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
    }

    private static String file(Path file) {
        MessageDigest digest = sha256();
        byte[] chunk = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                digest.update(chunk, 0, n);
            }
        } catch (IOException e) {
            throw unreadable(file, e);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static BadInputException unreadable(Path path, IOException e) {
        return new BadInputException(
                path + " cannot be read (" + e.getMessage() + "); check that it exists and its permissions.", e);
    }
}
