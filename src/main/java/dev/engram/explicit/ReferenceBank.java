package dev.engram.explicit;

import dev.engram.model.BadInputException;
import dev.engram.model.source.TensorType;
import dev.engram.report.AtomicFile;
import dev.engram.report.Progress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * References and their memories on disk. Opening reads the index alone; a memory is mapped when it is first used, and the last used
 * ones stay in RAM. References can be written at once ("warm start") or encoded when they are first retrieved ("cold start", paper section
 * 3.3). One can be added, updated or deleted without touching the others.
 *
 * <p>New files are written first and the index last, as a whole, so that a process that dies at any moment leaves each reference
 * once: as it was, or as it is to be. Memories of other weights are refused, because they would be nonsense.
 */
public final class ReferenceBank implements AutoCloseable {
    /** References of a shard. */
    private static final int SHARD = 64;

    private static final String CODEC = "codec";

    private final Path folder;
    private final ReferenceWriter writer;
    private final BankIdentity identity;
    private final MemoryFormat format;
    private final BankIndex index;
    private final Map<Integer, BankShard> shards = new HashMap<>();
    private final Map<String, ExplicitMemory> used;
    private long loads;
    private long encodings;
    private long hits;

    private ReferenceBank(
            Path folder,
            ReferenceWriter writer,
            BankIdentity identity,
            BankIndex index,
            MemoryFormat format,
            int cached) {
        this.folder = folder;
        this.writer = writer;
        this.identity = identity;
        this.index = index;
        this.format = format;
        this.used = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, ExplicitMemory> eldest) {
                return size() > cached;
            }
        };
    }

    /**
     * Opens the bank in a folder, or begins an empty one. One that other weights or another configuration wrote is refused.
     *
     * @param writer encodes what is added; stays the caller's
     */
    public static ReferenceBank open(Path folder, ReferenceWriter writer) {
        return open(folder, writer, TensorType.BF16, 1024);
    }

    /**
     * The same with more choice.
     *
     * @param type of the numbers on disk, BF16 or F32; without effect in a bank whose memories are codes
     * @param cached how many memories stay in RAM
     */
    public static ReferenceBank open(Path folder, ReferenceWriter writer, TensorType type, int cached) {
        BankIdentity own = writer.identity();
        if (!BankIdentity.present(folder)) {
            BankIndex.empty(folder).save();
            own.write(folder);
        }
        BankIdentity found = BankIdentity.read(folder);
        found.require(own, folder);
        MemoryFormat format =
                found.codec() == null ? new MemoryFormat.Plain(type) : new MemoryFormat.Coded(codec(folder, found));
        return new ReferenceBank(folder, writer, found, BankIndex.read(folder), format, cached);
    }

    /**
     * Begins an empty bank whose memories are stored as codes; {@link #open} opens it later. A folder that holds a bank already is
     * refused.
     */
    public static ReferenceBank create(Path folder, ReferenceWriter writer, MemoryCodec codec) {
        if (BankIdentity.present(folder)) {
            throw new BadInputException(
                    folder + " holds a bank already; its memories stay as they are stored. Give another folder.");
        }
        codec.save(folder.resolve(CODEC));
        BankIndex.empty(folder).save();
        writer.identity().withCodec(MemoryCodec.identity(folder.resolve(CODEC))).write(folder);
        return open(folder, writer);
    }

    private static MemoryCodec codec(Path folder, BankIdentity identity) {
        Path files = folder.resolve(CODEC);
        if (!MemoryCodec.identity(files).equals(identity.codec())) {
            throw new BadInputException(
                    "The codec in " + files
                            + " is not the one that the memories were stored with; restore it from a copy, or write the bank again.");
        }
        return MemoryCodec.load(files);
    }

    /** Whether a folder holds a bank. */
    public static boolean present(Path folder) {
        return BankIdentity.present(folder);
    }

    /** The codec of the memories in a folder's bank, by name; empty where they are stored as they are. */
    public static Optional<String> codec(Path folder) {
        return Optional.ofNullable(BankIdentity.read(folder).codec()).map(c -> c.substring(0, c.indexOf(' ')));
    }

    /** How many references the bank in a folder holds. */
    public static int size(Path folder) {
        BankIdentity.read(folder);
        return BankIndex.read(folder).places().size();
    }

    /** How many references it holds. */
    public int size() {
        return index.places().size();
    }

    /** Ids in the order in which they were written. */
    public List<String> ids() {
        return List.copyOf(index.places().keySet());
    }

    public boolean contains(String id) {
        return index.places().containsKey(id);
    }

    /** How the memories of the bank in a folder are written, for a writer that is to open it. */
    public static WriteConfig config(Path folder) {
        return BankIdentity.read(folder).config();
    }

    /** Memories that were read from disk, encoded anew, and found in RAM. */
    public long[] loadsEncodingsHits() {
        return new long[] {loads, encodings, hits};
    }

    public String text(String id) {
        return shard(place(id).shard()).text(id);
    }

    /** The memory of a reference: from RAM, from disk, or encoded now. */
    public ExplicitMemory memory(String id) {
        ExplicitMemory memory = used.get(id);
        if (memory != null) {
            hits++;
            return memory;
        }
        BankIndex.Place place = place(id);
        if (place.checksum() >= 0) {
            memory = shard(place.shard()).memory(id, place.checksum(), identity, format);
            loads++;
        } else {
            memory = writer.write(text(id));
            encodings++;
        }
        used.put(id, memory);
        return memory;
    }

    private BankIndex.Place place(String id) {
        BankIndex.Place place = index.places().get(id);
        if (place == null) {
            throw new BadInputException(
                    "The bank in " + folder + " has no reference " + id + "; it holds " + size() + " others.");
        }
        return place;
    }

    private BankShard shard(int number) {
        return shards.computeIfAbsent(number, n -> new BankShard(folder, n));
    }

    /**
     * Encodes and writes references, shard by shard; one that is there with the same text is left as it is, so that a job that was
     * interrupted goes on where it stopped. One with another text is replaced.
     */
    public void write(List<Reference> references) {
        write(references, (tasks, done) -> tasks.forEach(t -> done.accept(t, encode(t))));
    }

    /** The same where others encode; what is written, order included, is the same whoever finishes first. */
    public void write(List<Reference> references, ShardRunner runner) {
        AtomicFile.tidy(folder);
        List<ShardTask> tasks = plan(references);
        Map<ShardTask, long[]> finished = new HashMap<>();
        try (Progress progress = Progress.start(
                "References",
                tasks.stream().mapToInt(t -> t.references().size()).sum())) {
            int[] next = {0};
            runner.run(tasks, (task, checksums) -> {
                synchronized (finished) {
                    finished.put(task, checksums);
                    // in the plan's order: what is finished out of turn waits, and is encoded again should the job die
                    // before
                    while (next[0] < tasks.size() && finished.containsKey(tasks.get(next[0]))) {
                        ShardTask own = tasks.get(next[0]++);
                        commit(own.number(), own.references(), finished.remove(own));
                        progress.step(own.references().size());
                    }
                }
            });
            if (next[0] < tasks.size()) {
                throw new IllegalStateException("shard " + tasks.get(next[0]).number() + " was not encoded");
            }
        }
    }

    /** The shards in which missing references are to be written. */
    List<ShardTask> plan(List<Reference> references) {
        List<Reference> open = missing(references);
        List<ShardTask> tasks = new ArrayList<>();
        for (int at = 0; at < open.size(); at += SHARD) {
            tasks.add(new ShardTask(
                    index.nextShard() + tasks.size(), open.subList(at, Math.min(open.size(), at + SHARD))));
        }
        return tasks;
    }

    /**
     * Encodes a shard and writes its files. The bank does not know them until they are committed, so that this may run anywhere that sees
     * the folder, again too.
     *
     * @return a checksum for each reference
     */
    public long[] encode(ShardTask task) {
        List<String> texts = task.references().stream().map(Reference::text).toList();
        return new BankShard(folder, task.number()).write(task.references(), writer.write(texts), format);
    }

    /** Writes the texts alone; each is encoded when it is first used. */
    public void writeCold(List<Reference> references) {
        List<Reference> open = missing(references);
        if (!open.isEmpty()) {
            open.forEach(r -> writer.ids(r.text()));
            int number = index.nextShard();
            commit(number, open, new BankShard(folder, number).write(open, null, format));
        }
    }

    /** Those that are not there yet, or there with another text; an id that is given twice is refused. */
    public List<Reference> missing(List<Reference> references) {
        Set<String> seen = new HashSet<>();
        List<Reference> open = new ArrayList<>();
        for (Reference r : references) {
            if (!seen.add(r.id())) {
                throw new BadInputException("The reference " + r.id() + " is given twice; give each id once.");
            }
            if (!contains(r.id()) || !text(r.id()).equals(r.text())) {
                open.add(r);
            }
        }
        return open;
    }

    /** Makes the files of a shard part of the bank. */
    private void commit(int number, List<Reference> references, long[] checksums) {
        Set<Integer> left = new LinkedHashSet<>();
        for (int i = 0; i < checksums.length; i++) {
            String id = references.get(i).id();
            used.remove(id);
            BankIndex.Place old = index.places().remove(id);
            if (old != null) {
                left.add(old.shard());
            }
            index.places().put(id, new BankIndex.Place(number, checksums[i]));
        }
        index.save();
        removeEmpty(left);
    }

    /** Forgets a reference; what it told is gone at once. */
    public void delete(String id) {
        BankIndex.Place place = place(id);
        index.places().remove(id);
        used.remove(id);
        index.save();
        removeEmpty(Set.of(place.shard()));
    }

    private void removeEmpty(Set<Integer> numbers) {
        for (int number : numbers) {
            if (index.places().values().stream().noneMatch(p -> p.shard() == number)) {
                shard(number).delete();
                shards.remove(number);
            }
        }
    }

    @Override
    public void close() {
        shards.values().forEach(BankShard::close);
        shards.clear();
        used.clear();
    }
}
