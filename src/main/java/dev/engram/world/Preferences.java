package dev.engram.world;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;

/** Writes pairs of a good and a bad answer: wrong value, invented, evasive, rambling, outdated. */
final class Preferences {
    private static final int EACH = 64;

    private final Draw draw;
    private final Talk talk;
    private final List<Preference> pairs = new ArrayList<>();

    Preferences(String seed) {
        draw = new Draw(seed, "preferences");
        talk = new Talk(draw);
    }

    List<Preference> make(List<Entry> entries, List<UnknownQuestion> unknown) {
        Iterator<Entry> deck = draw.shuffled(entries).iterator();
        for (int i = 0; i < EACH; i++) {
            Entry entry = deck.next();
            add("value", entry, entry.ask(draw), entry.tell(draw), lie(entry));
        }
        for (int i = 0; i < EACH; i++) {
            Entry entry = deck.next();
            add("evasive", entry, entry.ask(draw), entry.tell(draw), talk.say("evasive", entry.phrasing()));
        }
        for (int i = 0; i < EACH; i++) {
            Entry entry = deck.next();
            String answer = entry.tell(draw);
            add(
                    "rambling",
                    entry,
                    entry.ask(draw),
                    answer,
                    talk.say("ramble", entry.phrasing().with("p", answer)));
        }
        for (int i = 0; i < EACH; i++) {
            Entry entry = deck.next();
            String prompt = entry.fact().updatedStatement() + " " + entry.ask(draw);
            String news = entry.changed().fill(entry.tellings(draw).get(0), draw);
            add("outdated", entry, prompt, news, entry.tell(draw));
        }
        invented(entries, draw.shuffled(unknown).subList(0, EACH));
        return pairs;
    }

    /** The rejected answer says of the unknown name what is true of another. */
    private void invented(List<Entry> entries, List<UnknownQuestion> unknown) {
        for (UnknownQuestion question : unknown) {
            Entry other = draw.pick(entries.stream()
                    .filter(e -> e.fact().kind().equals(question.kind())
                            && e.fact().split().equals(question.split())
                            && e.relation().name().equals(question.relation()))
                    .toList());
            String invented = other.phrasing()
                    .with("e", question.name())
                    .fill(other.tellings(draw).get(0), draw);
            add("invented", question.split(), "", question.question(), question.answer(), invented);
        }
    }

    private String lie(Entry entry) {
        return entry.changed().fill(entry.tellings(draw).get(0), draw);
    }

    private void add(String kind, Entry entry, String prompt, String chosen, String rejected) {
        add(kind, entry.fact().split(), entry.fact().id(), prompt, chosen, rejected);
    }

    private void add(String kind, String split, String fact, String prompt, String chosen, String rejected) {
        String id = String.format(Locale.ROOT, "d%04d", pairs.size() + 1);
        pairs.add(new Preference(id, split, kind, fact, prompt, chosen, rejected));
    }
}
