package dev.engram.recall;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonSyntaxException;
import dev.engram.model.BadInputException;
import dev.engram.model.source.Dequantizer;
import dev.engram.model.source.SafetensorsFile;
import dev.engram.model.source.SafetensorsWriter;
import dev.engram.model.source.TensorType;
import dev.engram.report.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A bank in a folder: bank.safetensors with the vectors and means, and one JSONL file with the texts and counts. The texts are
 * written first, under a name that holds their hash; then bank.safetensors, which names them, is moved into place. So a
 * process that dies at any moment leaves a whole bank, the old one or the new one.
 */
final class BankFile {
    private static final String VECTORS = "bank.safetensors";
    /** What the texts' file may be called; a name from a file leads nowhere else. */
    private static final String TEXTS = "memories-[0-9a-f]{16}\\.jsonl";

    private static final String FORMAT = "engram memory bank 1";
    private static final Gson JSON = new GsonBuilder()
            .disableHtmlEscaping()
            .serializeSpecialFloatingPointValues()
            .create();

    /** A line of the texts' file. */
    private record Line(
            String id,
            String text,
            String source,
            int index,
            double importance,
            boolean learned,
            long hits,
            long used) {}

    private BankFile() {}

    static void save(MemoryBank bank, Path folder) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < bank.size(); i++) {
            Memory m = bank.memory(i);
            Line line = new Line(
                    m.id(),
                    m.text(),
                    m.source(),
                    m.index(),
                    m.importance(),
                    m.learned(),
                    bank.hits(i),
                    bank.lastUsed(i));
            lines.append(JSON.toJson(line)).append('\n');
        }
        String texts = lines.toString();
        String hash = hash(texts);
        String name = "memories-" + hash.substring(0, 16) + ".jsonl";
        try {
            AtomicFile.write(folder.resolve(name), texts);
        } catch (UncheckedIOException e) {
            throw new BadInputException(
                    folder + " cannot be written (" + e.getCause().getMessage()
                            + "); check the folder, its permissions and the free space. The old bank is untouched.",
                    e);
        }
        long width = bank.width();
        new SafetensorsWriter()
                .metadata("format", FORMAT)
                .metadata("model", bank.model())
                .metadata("source", bank.source())
                .metadata("cap", "" + bank.cap())
                .metadata("eviction", bank.eviction().name())
                .metadata("texts", name)
                .metadata("sha256", hash)
                .add("vectors", TensorType.F32, new long[] {bank.size(), width}, bank.vectors())
                .add(
                        "memory_mean",
                        TensorType.F32,
                        new long[] {width},
                        bank.centring().memoryMean())
                .add(
                        "query_mean",
                        TensorType.F32,
                        new long[] {width},
                        bank.centring().queryMean())
                .write(folder.resolve(VECTORS));
        removeOthers(folder, name);
    }

    static MemoryBank load(Path folder, String model, int width) {
        Path file = folder.resolve(VECTORS);
        if (!Files.isRegularFile(file)) {
            throw new BadInputException(folder + " holds no memory bank (" + VECTORS + " is missing); save one there.");
        }
        try (SafetensorsFile vectors = SafetensorsFile.open(file)) {
            Map<String, String> about = vectors.metadata();
            if (!FORMAT.equals(about.get("format"))) {
                throw damaged(file, "it is no " + FORMAT);
            }
            long[] shape = vectors.shapes().get("vectors");
            if (shape == null || shape.length != 2) {
                throw damaged(file, "it has no matrix of vectors");
            }
            if (shape[1] != width) {
                throw new BadInputException(folder + " holds vectors of " + shape[1]
                        + " numbers, but this model's have " + width + "; open the bank with the model that wrote it.");
            }
            if (!model.equals(about.get("model"))) {
                throw new BadInputException(folder + " was written by the model " + about.get("model") + ", not by "
                        + model + "; open the bank with that model, or write its texts again with this one.");
            }
            List<Line> lines = lines(folder, about);
            if (lines.size() != shape[0]) {
                throw damaged(file, "it has " + shape[0] + " vectors for " + lines.size() + " texts");
            }
            return fill(file, vectors, lines, model);
        }
    }

    private static MemoryBank fill(Path file, SafetensorsFile vectors, List<Line> lines, String model) {
        Map<String, String> about = vectors.metadata();
        try {
            Centring centring = new Centring(
                    Dequantizer.toFloats(vectors.tensor("memory_mean")),
                    Dequantizer.toFloats(vectors.tensor("query_mean")));
            MemoryBank bank = new MemoryBank(
                    model,
                    about.get("source"),
                    centring,
                    Integer.parseInt(about.get("cap")),
                    Eviction.valueOf(about.get("eviction")));
            bank.reserve(lines.size());
            var rows = vectors.tensor("vectors").data().asFloatBuffer();
            float[] unit = new float[bank.width()];
            for (Line line : lines) {
                rows.get(unit);
                bank.put(
                        new Memory(line.id, line.text, line.source, line.index, line.importance, line.learned),
                        unit,
                        line.hits,
                        line.used);
            }
            return bank;
        } catch (NullPointerException | IllegalArgumentException e) {
            throw damaged(file, "a part of it is missing or not as it was written (" + e.getMessage() + ")");
        }
    }

    private static List<Line> lines(Path folder, Map<String, String> about) {
        String name = String.valueOf(about.get("texts"));
        if (!name.matches(TEXTS)) {
            throw damaged(folder.resolve(VECTORS), "the name of its texts is '" + name + "'");
        }
        Path file = folder.resolve(name);
        try {
            String texts = Files.readString(file);
            if (!hash(texts).equals(about.get("sha256"))) {
                throw damaged(file, "its content is not what was written");
            }
            return texts.lines().map(t -> JSON.fromJson(t, Line.class)).toList();
        } catch (IOException e) {
            throw damaged(file, "it cannot be read: " + e);
        } catch (JsonSyntaxException e) {
            throw damaged(file, "a line is no JSON object");
        }
    }

    /** Texts of former banks, which nothing names any more. */
    private static void removeOthers(Path folder, String kept) {
        try (Stream<Path> all = Files.list(folder)) {
            for (Path p : all.toList()) {
                String name = p.getFileName().toString();
                if (name.matches(TEXTS) && !name.equals(kept)) {
                    Files.deleteIfExists(p);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(folder + " cannot be tidied", e);
        }
    }

    private static String hash(String text) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static BadInputException damaged(Path file, String why) {
        return new BadInputException("The memory bank at " + file + " is damaged: " + why
                + "; restore it from a copy, or write its texts again.");
    }
}
