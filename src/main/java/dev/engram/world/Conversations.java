package dev.engram.world;

import dev.engram.world.Relation.Family;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Writes conversations that recall facts, read them, join two, abstain, take in news, refuse a wrong claim, or are ordinary. */
final class Conversations {
    private static final int SYSTEM_PERCENT = 70;
    /** Of every five conversations three think before they answer. */
    private static final int CYCLE = 5;

    private static final int THINKING = 3;

    private final Draw draw;
    private final Talk talk;
    private final List<Entry> entries;
    private final Map<String, Entry> byId;
    private final Iterator<Entry> deck;
    private final List<Conversation> conversations = new ArrayList<>();

    /** The turns of a conversation in the making, and the facts it uses. */
    private record Draft(boolean think, List<Turn> turns, List<Entry> used) {
        Draft user(String text) {
            turns.add(new Turn("user", text));
            return this;
        }

        Draft assistant(String thought, String reply) {
            turns.add(new Turn("assistant", Talk.answer(think ? thought : null, reply)));
            return this;
        }
    }

    Conversations(String seed, List<Entry> entries) {
        this.entries = entries;
        draw = new Draw(seed, "conversations");
        talk = new Talk(draw);
        byId = entries.stream().collect(Collectors.toMap(e -> e.fact().id(), Function.identity()));
        deck = draw.shuffled(entries).iterator();
    }

    List<Conversation> make(List<Passage> passages, List<TwoHops.Step> steps, List<UnknownQuestion> unknown) {
        repeat("recall", 90, d -> recall(d, "ask", deck.next()));
        repeat("several", 50, this::several);
        Iterator<Passage> texts = draw.shuffled(passages).iterator();
        repeat("passage", 60, d -> passage(d, texts.next()));
        Iterator<TwoHops.Step> hops = draw.shuffled(steps).iterator();
        repeat("two-hop", 50, d -> twoHop(d, hops.next()));
        repeat("update", 40, d -> update(d, deck.next()));
        repeat("claim", 40, d -> claim(d, deck.next()));
        Iterator<UnknownQuestion> names = draw.shuffled(unknown).iterator();
        for (int i = 0; i < 40; i++) {
            UnknownQuestion question = names.next();
            Draft draft = draft(i);
            Phrasing phrasing = new Phrasing().with("e", question.name()).with("q", question.question());
            draft.user(talk.say("ask", phrasing)).assistant(talk.say("think unknown", phrasing), question.answer());
            add("unknown", question.split(), draft);
        }
        everyday();
        return conversations;
    }

    private interface Scene {
        void play(Draft draft);
    }

    private void repeat(String kind, int times, Scene scene) {
        for (int i = 0; i < times; i++) {
            Draft draft = draft(i);
            scene.play(draft);
            add(kind, draft.used().get(0).fact().split(), draft);
        }
    }

    private Draft draft(int i) {
        List<Turn> turns = new ArrayList<>();
        if (draw.chance(SYSTEM_PERCENT)) {
            turns.add(new Turn("system", talk.system()));
        }
        return new Draft(i % CYCLE < THINKING, turns, new ArrayList<>());
    }

    private void add(String kind, String split, Draft draft) {
        String id = String.format(Locale.ROOT, "c%04d", conversations.size() + 1);
        List<String> facts =
                draft.used().stream().map(e -> e.fact().id()).distinct().toList();
        conversations.add(new Conversation(id, split, kind, draft.think(), facts, draft.turns()));
    }

    private void recall(Draft draft, String opening, Entry entry) {
        draft.used().add(entry);
        Phrasing words = sentences(entry).with("q", entry.ask(draw));
        draft.user(talk.say(opening, words)).assistant(talk.say("think", words), talk.say("reply", words));
    }

    /** Two or three questions about the same entity. */
    private void several(Draft draft) {
        Entry first = deck.next();
        recall(draft, "ask", first);
        List<Entry> others = entries.stream()
                .filter(e -> e.entity() == first.entity() && e != first)
                .toList();
        for (Entry other : draw.shuffled(others).subList(0, draw.between(1, 2))) {
            recall(draft, "again", other);
        }
    }

    private void passage(Draft draft, Passage passage) {
        Entry entry = byId.get(draw.pick(passage.facts()));
        draft.used().add(entry);
        Phrasing words = sentences(entry).with("q", entry.ask(draw)).with("t", passage.text());
        draft.user(talk.say("read", words)).assistant(talk.say("think read", words), talk.say("reply read", words));
    }

    private void twoHop(Draft draft, TwoHops.Step step) {
        draft.used().add(step.first());
        draft.used().add(step.second());
        Phrasing words = step.second()
                .phrasing()
                .with("q", step.hop().question())
                .with("n", step.bridge())
                .with("s", step.first().tell(draw))
                .with("p", step.second().tell(draw));
        draft.user(talk.say("ask", words)).assistant(talk.say("think hops", words), talk.say("reply hops", words));
    }

    /** The user tells of a change, and asks about it. */
    private void update(Draft draft, Entry entry) {
        draft.used().add(entry);
        Phrasing words = entry.changed().with("u", entry.fact().updatedStatement());
        String reply = words.fill(draw.pick(entry.relation().of(Family.FOLLOWING)), draw);
        draft.user(talk.say("tell", words)).assistant(talk.say("think news", words), talk.say("noted", words));
        draft.user(talk.say("again", words.with("q", entry.ask(draw)))).assistant(talk.say("think told", words), reply);
    }

    /** The user repeats something wrong. */
    private void claim(Draft draft, Entry entry) {
        draft.used().add(entry);
        Phrasing words = sentences(entry);
        String wrong = entry.changed().fill(entry.tellings(draw).get(0), draw);
        draft.user(talk.say("claim", words.with("u", wrong)))
                .assistant(talk.say("think claim", words), talk.say("reply claim", words));
    }

    /** The entity, its value, and two sentences of different syntax. */
    private Phrasing sentences(Entry entry) {
        List<String> patterns = entry.tellings(draw);
        Phrasing words = entry.phrasing();
        String thought = words.fill(patterns.get(0), draw);
        boolean pronoun = draw.chance(30);
        String reply = words.fill(pronoun ? draw.pick(entry.relation().of(Family.FOLLOWING)) : patterns.get(1), draw);
        return words.with("s", thought).with("p", reply);
    }

    private void everyday() {
        Draft draft = null;
        for (String line : Resources.lines("everyday.txt")) {
            if (line.startsWith("U ")) {
                draft = new Draft(false, new ArrayList<>(), new ArrayList<>());
                draft.user(line.substring(2));
            } else if (line.startsWith("K ")) {
                draft = new Draft(true, draft.turns(), draft.used());
                draft.turns().add(new Turn("thought", line.substring(2)));
            } else if (line.startsWith("A ")) {
                Turn last = draft.turns().get(draft.turns().size() - 1);
                if (draft.think()) {
                    draft.turns().remove(last);
                }
                draft.assistant(last.content(), line.substring(2));
                add("everyday", "train", draft);
            }
        }
    }
}
