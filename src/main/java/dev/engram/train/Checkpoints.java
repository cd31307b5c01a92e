package dev.engram.train;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import dev.engram.model.BadInputException;
import dev.engram.model.source.Dequantizer;
import dev.engram.model.source.SafetensorsFile;
import dev.engram.model.source.SafetensorsWriter;
import dev.engram.model.source.StoredTensor;
import dev.engram.model.source.TensorType;
import dev.engram.report.AtomicFile;
import dev.engram.report.FileTree;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * The saved states of one run: folders {@code step-00000120} with state.safetensors (parameters and both moments),
 * history.csv and trainer.json. A folder is written under another name, synced, then renamed, so that it is there whole or
 * not at all; one that was damaged later is passed over for the one before.
 */
final class Checkpoints {
    private static final String PREFIX = "step-";
    private static final String PART = ".part-";
    private static final Gson JSON = new GsonBuilder().setPrettyPrinting().create();

    /**
     * What stands in trainer.json.
     *
     * @param step updates done
     * @param rateFactor product of all rollbacks' factors
     * @param rollbacks how often the run has gone back
     * @param settings {@link TrainConfig#identity}
     * @param task the task's fingerprint
     * @param crc CRC-32C of state.safetensors
     * @param remarks of the history
     */
    record Position(
            int step, double rateFactor, int rollbacks, String settings, String task, long crc, List<String> remarks) {}

    private final Path folder;
    private final int keep;

    Checkpoints(Path folder, int keep) {
        this.folder = folder;
        this.keep = keep;
    }

    /** Writes a checkpoint and removes the oldest beyond the number kept; a {@link BadInputException} leaves those there are. */
    void save(State state, Position at, History history) {
        Path part = folder.resolve(PART + at.step());
        Path target = folder.resolve(String.format("%s%08d", PREFIX, at.step()));
        try {
            Files.createDirectories(folder);
            FileTree.delete(part);
            Files.createDirectory(part);
            Path tensors = part.resolve("state.safetensors");
            SafetensorsWriter writer = new SafetensorsWriter();
            state.arrays()
                    .forEach((name, array) ->
                            writer.add(name, TensorType.F32, array.getShape().getShape(), array::toFloatArray));
            writer.write(tensors);
            history.save(part.resolve("history.csv"));
            Position whole = new Position(
                    at.step(),
                    at.rateFactor(),
                    at.rollbacks(),
                    at.settings(),
                    at.task(),
                    crc(tensors),
                    history.remarks());
            AtomicFile.write(part.resolve("trainer.json"), JSON.toJson(whole) + "\n");
            FileTree.delete(target);
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
            List<Path> all = all();
            for (Path old : all.subList(0, Math.max(0, all.size() - keep))) {
                FileTree.delete(old);
            }
        } catch (IOException | UncheckedIOException e) {
            throw unwritable(e);
        } finally {
            discard(part);
        }
    }

    /** The newest intact checkpoint, written into the state; null where there is none. */
    Position restore(State state, History history) {
        List<Path> all = all();
        BadInputException fault = null;
        for (int i = all.size() - 1; i >= 0; i--) {
            try {
                return read(all.get(i), state, history);
            } catch (BadInputException e) {
                fault = e;
                history.remark("A damaged checkpoint was passed over: " + e.getMessage());
            }
        }
        if (fault != null) {
            throw new BadInputException(
                    "None of the " + all.size() + " checkpoints in " + folder + " can be used (" + fault.getMessage()
                            + "); give an empty folder to train from the start.",
                    fault);
        }
        return null;
    }

    private Position read(Path checkpoint, State state, History history) {
        Position at = position(checkpoint.resolve("trainer.json"));
        Path tensors = checkpoint.resolve("state.safetensors");
        try {
            if (crc(tensors) != at.crc()) {
                throw new BadInputException(tensors + " is not what was written (its checksum differs); remove "
                        + checkpoint.getFileName() + " to go back further.");
            }
        } catch (IOException e) {
            throw new BadInputException(
                    tensors + " cannot be read (" + e.getMessage() + "); check its permissions.", e);
        }
        History read = loadHistory(checkpoint.resolve("history.csv"));
        try (SafetensorsFile file = SafetensorsFile.open(tensors)) {
            Map<String, long[]> shapes = file.shapes();
            state.arrays().forEach((name, array) -> {
                if (!Arrays.equals(shapes.get(name), array.getShape().getShape())) {
                    throw new MismatchException(checkpoint + " holds other parameters than this run trains (" + name
                            + "); give each run a folder of its own.");
                }
            });
            if (shapes.size() != state.arrays().size()) {
                throw new MismatchException(checkpoint + " holds " + shapes.size() + " tensors, but this run has "
                        + state.arrays().size() + "; give each run a folder of its own.");
            }
            shapes.keySet().forEach(name -> state.set(name, values(file.tensor(name))));
        }
        history.become(read, at.remarks());
        return at;
    }

    private static float[] values(StoredTensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.elements())];
        Dequantizer.toFloats(tensor, 0, values, 0, values.length);
        return values;
    }

    private static History loadHistory(Path csv) {
        try {
            return History.load(csv);
        } catch (RuntimeException e) {
            throw new BadInputException(csv + " cannot be read (" + e.getMessage() + "); get an intact copy.", e);
        }
    }

    private static Position position(Path json) {
        try {
            Position at = JSON.fromJson(Files.readString(json), Position.class);
            if (at != null && at.settings() != null && at.task() != null && at.remarks() != null) {
                return at;
            }
        } catch (IOException | JsonParseException e) {
            throw new BadInputException(json + " cannot be read (" + e.getMessage() + "); get an intact copy.", e);
        }
        throw new BadInputException(json + " lacks a field; get an intact copy of the file.");
    }

    /** Existing checkpoints, oldest first. */
    List<Path> all() {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(p -> p.getFileName().toString().matches(PREFIX + "\\d{8,}"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new BadInputException(folder + " cannot be read (" + e.getMessage() + "); check its permissions.", e);
        }
    }

    private static long crc(Path file) throws IOException {
        CRC32C crc = new CRC32C();
        byte[] chunk = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                crc.update(chunk, 0, n);
            }
        }
        return crc.getValue();
    }

    private BadInputException unwritable(Exception e) {
        return new BadInputException(
                "A checkpoint cannot be written to " + folder + " (" + e.getMessage()
                        + "); check the folder, its permissions and the free space.",
                e);
    }

    /** Removes what a failed attempt has left; that it cannot be removed is no new fault. */
    private static void discard(Path part) {
        try {
            FileTree.delete(part);
        } catch (IOException e) {
            part.toFile().deleteOnExit();
        }
    }
}
