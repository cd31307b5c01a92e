package dev.engram.world;

import dev.engram.world.Relation.Family;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes every entity's facts as passages: the entity is named once, then referred to. */
final class Passages {
    private static final int MOST_FACTS = 7;
    /** Keeps a passage within 128 tokens: invented names take a token for every 2 letters or so. */
    private static final int MOST_LETTERS = 440;

    private static final int PRONOUN_PERCENT = 60;
    private static final int ATTEMPTS = 12;

    private final Draw draw;
    private final List<Passage> passages = new ArrayList<>();

    Passages(String seed) {
        draw = new Draw(seed, "passages");
    }

    List<Passage> make(List<Entry> entries) {
        Map<Entity, List<Entry>> byEntity = new LinkedHashMap<>();
        entries.forEach(e ->
                byEntity.computeIfAbsent(e.entity(), k -> new ArrayList<>()).add(e));
        byEntity.values().forEach(this::about);
        return passages;
    }

    private void about(List<Entry> all) {
        List<Entry> facts = draw.shuffled(all);
        int parts = (facts.size() + MOST_FACTS - 1) / MOST_FACTS;
        int size = (facts.size() + parts - 1) / parts;
        while (!facts.isEmpty()) {
            facts = facts.subList(write(facts.subList(0, Math.min(size, facts.size()))), facts.size());
        }
    }

    /** Writes one passage and returns how many of the facts found room in it. */
    private int write(List<Entry> facts) {
        StringBuilder text = new StringBuilder(facts.get(0).tell(draw));
        int done = 1;
        String last = text.toString();
        while (done < facts.size()) {
            last = next(facts.get(done), last);
            if (text.length() + 1 + last.length() > MOST_LETTERS) {
                break;
            }
            text.append(' ').append(last);
            done++;
        }
        Fact first = facts.get(0).fact();
        String id = String.format(Locale.ROOT, "p%04d", passages.size() + 1);
        List<String> ids =
                facts.subList(0, done).stream().map(e -> e.fact().id()).toList();
        passages.add(new Passage(id, first.split(), first.entity(), ids, text.toString()));
        return done;
    }

    /** A sentence that does not start like the one before. */
    private String next(Entry entry, String before) {
        String sentence = "";
        for (int i = 0; i < ATTEMPTS && (sentence.isEmpty() || start(sentence).equals(start(before))); i++) {
            boolean pronoun = draw.chance(PRONOUN_PERCENT);
            List<String> patterns = pronoun ? entry.relation().of(Family.FOLLOWING) : entry.tellings(draw);
            sentence = Phrasing.about(entry.entity(), entry.entity().later())
                    .with("v", entry.value().mention())
                    .with("o", entry.updated().mention())
                    .fill(draw.pick(patterns), draw);
        }
        return sentence;
    }

    private static String start(String sentence) {
        return sentence.split(" ", 2)[0];
    }
}
