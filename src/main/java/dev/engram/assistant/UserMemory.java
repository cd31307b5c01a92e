package dev.engram.assistant;

import dev.engram.assistant.UserFile.Line;
import dev.engram.assistant.UserFile.State;
import dev.engram.eval.Answers;
import dev.engram.retrieve.ExactStore;
import dev.engram.tiers.Horizon;
import dev.engram.tiers.Keeping;
import dev.engram.tiers.Memory;
import dev.engram.tiers.Tier;
import dev.engram.tiers.TieredMemory;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.store.embedding.CosineSimilarity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * All that is known of one user: what counts, in three tiers; what no longer counts, which no answer reads; and the last turns. Every change
 * is on disk when the method returns.
 *
 * <p>A telling of the same subject replaces the former one. One that says the same again is merged with it: it is as fresh as its last
 * telling, and goes up to mid-term when told twice and to long-term when told four times.
 */
public final class UserMemory implements AutoCloseable {
    /** Turns that are kept; the number that seed 003 gives for its personal assistant. */
    public static final int TURNS = 1000;

    /** Cosine from which two tellings without a subject, with the same value, are one. */
    private static final double SAME = 0.95;

    private static final List<Horizon> STORES = List.of(Horizon.SHORT, Horizon.MID, Horizon.LONG);

    private final UserFile file;
    private final Map<Horizon, ExactStore> stores = new EnumMap<>(Horizon.class);
    private final TieredMemory tiers;
    private final Map<String, Told> current = new LinkedHashMap<>();
    private final List<Told> past = new ArrayList<>();
    private final List<Exchange> turns = new ArrayList<>();
    private int nextTurn;
    private int nextMemory;

    /** What was deleted. */
    public record Forgotten(List<String> memories, int turns) {}

    private UserMemory(UserFile file) {
        this.file = file;
        Map<Horizon, Tier> all = new EnumMap<>(Horizon.class);
        for (Horizon h : STORES) {
            stores.put(h, new ExactStore());
            long bytes = (h == Horizon.SHORT ? 64L : h == Horizon.MID ? 256 : 1024) << 10;
            double days = Horizon.days(h.importance());
            all.put(h, new Tier(h.key(), new Tier.Limits(bytes, days, Keeping.NEWEST), stores.get(h)));
        }
        tiers = new TieredMemory(all, 0.8, TieredMemory.NEVER);
    }

    /** Opens a user's folder; a new one is made. */
    public static UserMemory open(Path folder, double today) {
        UserFile file = UserFile.open(folder);
        try {
            UserMemory memory = new UserMemory(file);
            memory.load(file.read(), today);
            return memory;
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private void load(State state, double today) {
        nextTurn = state.nextTurn();
        nextMemory = state.nextMemory();
        for (Line line : state.lines()) {
            if (line.turn() != null) {
                turns.add(line.turn());
            } else if (line.vector() == null) {
                past.add(line.memory());
            } else {
                current.put(line.memory().id(), line.memory());
                put(line.memory(), Embedding.from(UserFile.decode(line.vector())), Horizon.of(line.horizon()));
            }
        }
        expire(today);
    }

    private void put(Told told, Embedding vector, Horizon horizon) {
        tiers.tier(horizon)
                .put(new Memory(told.id(), told.text(), vector, told.day(), horizon.importance()), told.day());
    }

    private void save() {
        List<Line> lines = new ArrayList<>();
        turns.forEach(t -> lines.add(new Line(t, null, null, null)));
        past.forEach(p -> lines.add(new Line(null, p, null, null)));
        current.values().forEach(c -> {
            Horizon h = store(c.id()).orElseThrow();
            lines.add(
                    new Line(null, c, h.key(), UserFile.encode(vector(h, c.id()).vector())));
        });
        file.write(new State(nextTurn, nextMemory, lines));
    }

    private Embedding vector(Horizon h, String id) {
        return memory(h, id).orElseThrow().vector();
    }

    private Optional<Memory> memory(Horizon h, String id) {
        return tiers.tier(h).memories().stream().filter(m -> m.id().equals(id)).findFirst();
    }

    /** The tier that holds a memory. */
    public Optional<Horizon> store(String id) {
        return STORES.stream().filter(h -> memory(h, id).isPresent()).findFirst();
    }

    /** Number of the turn that comes next. */
    public int nextTurn() {
        return nextTurn;
    }

    /** Writes what was told, and returns it as it now stands: new, or merged with what said the same. */
    public Told tell(String text, String subject, String value, Horizon horizon, Embedding vector, double today) {
        expire(today);
        Optional<Told> former = subject.isEmpty() ? alike(vector, value, today) : ofSubject(subject);
        Told told;
        if (former.isPresent() && same(former.get(), text, value)) {
            told = merge(former.get(), text, vector, horizon, today);
        } else {
            told = new Told("m" + nextMemory++, subject, value, text, List.of(nextTurn), today, "");
            former.filter(f -> !f.subject().isEmpty()).ifPresent(f -> end(f, "superseded by " + told.id()));
            current.put(told.id(), told);
            tiers.write(told.id(), text, vector, horizon, today);
        }
        settle("no room");
        save();
        return told;
    }

    private static boolean same(Told former, String text, String value) {
        return value.isEmpty() || former.value().isEmpty()
                ? Answers.exact(former.text(), text)
                : Answers.exact(former.value(), value);
    }

    private Optional<Told> alike(Embedding vector, String value, double today) {
        return tiers.read(vector, 1, today).stream()
                .filter(f -> f.cosine() >= SAME)
                .map(f -> current.get(f.memory().id()))
                .filter(t -> t.subject().isEmpty() && t.value().equals(value))
                .findFirst();
    }

    private Told merge(Told former, String text, Embedding vector, Horizon horizon, double today) {
        List<Integer> told = new ArrayList<>(former.turns());
        told.add(nextTurn);
        Horizon place = store(former.id()).orElseThrow();
        Horizon earned = told.size() >= 4 ? Horizon.LONG : Horizon.MID;
        for (Horizon h : List.of(horizon, earned)) {
            place = h.compareTo(place) > 0 ? h : place;
        }
        Told merged = new Told(former.id(), former.subject(), former.value(), text, told, today, "");
        STORES.forEach(h -> tiers.tier(h).remove(former.id()));
        current.put(merged.id(), merged);
        put(merged, vector, place);
        return merged;
    }

    private void end(Told told, String why) {
        STORES.forEach(h -> tiers.tier(h).remove(told.id()));
        current.remove(told.id());
        past.add(told.ended(why));
    }

    /** Drops what has outlived its time. */
    private void expire(double today) {
        STORES.forEach(h -> tiers.tier(h).expire(today));
        settle("outlived its time");
    }

    /** What no tier holds any longer is past. */
    private void settle(String why) {
        Set<String> held = new HashSet<>();
        STORES.forEach(h -> tiers.tier(h).memories().forEach(m -> held.add(m.id())));
        current.values().stream().filter(t -> !held.contains(t.id())).toList().forEach(t -> end(t, why));
    }

    /** Writes a turn down; beyond {@link #TURNS} the oldest goes, and with it what is past and was told in it. */
    public void log(double day, String user, String reply, List<String> cited) {
        turns.add(new Exchange(nextTurn++, day, user, reply, cited));
        while (turns.size() > TURNS) {
            turns.remove(0);
        }
        past.removeIf(p -> p.turns().stream().allMatch(t -> t < turns.get(0).turn()));
        save();
    }

    /** What counts about a subject. */
    public Optional<Told> ofSubject(String subject) {
        return current.values().stream()
                .filter(t -> t.subject().equals(subject))
                .findFirst();
    }

    /** The nearest memories that count, best first. */
    public List<Source> find(Embedding query, int k, double today) {
        expire(today);
        return tiers.read(query, k, today).stream()
                .map(f -> source(current.get(f.memory().id()), f.cosine()))
                .toList();
    }

    /** A memory as the source of an answer. */
    public Source source(Told told, Embedding query) {
        Horizon h = store(told.id()).orElseThrow();
        return source(told, CosineSimilarity.between(vector(h, told.id()), query));
    }

    private Source source(Told told, double score) {
        int turn = told.turns().get(told.turns().size() - 1);
        return new Source(
                told.id(),
                told.text(),
                turn,
                Source.date(told.day()),
                store(told.id()).orElseThrow().key(),
                score);
    }

    /** A memory that counts. */
    public Told told(String id) {
        return current.get(id);
    }

    /**
     * Deletes on request, from tiers, index, past, turns and file: the memory with this id; or what is about this subject, and
     * whatever holds this text. Turns that told or quoted it lose their words.
     */
    public Forgotten forget(String what) {
        String wanted = what.strip();
        String small = wanted.toLowerCase(Locale.ROOT);
        List<Told> all = new ArrayList<>(current.values());
        all.addAll(past);
        List<Told> gone = all.stream().filter(t -> t.id().equals(wanted)).toList();
        boolean byId = !gone.isEmpty();
        if (!byId) {
            gone = all.stream()
                    .filter(t -> t.subject().equals(small)
                            || t.text().toLowerCase(Locale.ROOT).contains(small))
                    .toList();
        }
        for (Told t : gone) {
            STORES.forEach(h -> tiers.tier(h).remove(t.id()));
            current.remove(t.id());
            past.remove(t);
        }
        // a removed row leaves its numbers in the store's array until it is overwritten
        int redacted = new Redaction(gone, byId ? "" : small, current.values(), past).apply(turns);
        save();
        return new Forgotten(gone.stream().map(Told::id).toList(), redacted);
    }

    /** What counts, in the order in which it was told. */
    public List<Told> profile() {
        return List.copyOf(current.values());
    }

    /** What no longer counts and why. */
    public List<Told> past() {
        return List.copyOf(past);
    }

    /** The last turns, oldest first. */
    public List<Exchange> history() {
        return List.copyOf(turns);
    }

    /** Bytes of the user's file. */
    public long bytes() {
        return file.bytes();
    }

    @Override
    public void close() {
        stores.values().forEach(ExactStore::close);
        file.close();
    }
}
