package dev.engram.world;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The Chinese slice, from zh.txt: the same records, made by the same classes. */
final class ChineseFacts {
    private static final String TITLE = "entity ";
    /** Of every four entities of a kind, the last is held out. */
    private static final int CYCLE = 4;

    private ChineseFacts() {}

    static List<Fact> make(String seed) {
        List<Entity> entities = new ArrayList<>();
        List<Relation> relations = new ArrayList<>();
        String relation = null;
        List<String> sentences = new ArrayList<>();
        List<String> lines = new ArrayList<>(Resources.lines("zh.txt"));
        lines.add("= end");
        for (String line : lines) {
            if (line.startsWith(TITLE)) {
                entities(line.substring(TITLE.length()), entities);
            } else if (line.startsWith("= ")) {
                if (relation != null) {
                    relations.add(relation(relation, sentences));
                }
                relation = line.substring(2);
                sentences = new ArrayList<>();
            } else {
                sentences.add(line);
            }
        }
        return new FactMaker(seed, "zh")
                .make(entities, relations).stream().map(Entry::fact).toList();
    }

    private static void entities(String line, List<Entity> entities) {
        String[] halves = line.split(" = ");
        String[] names = halves[1].split(" ");
        for (int i = 0; i < names.length; i++) {
            String split = i % CYCLE == CYCLE - 1 ? "heldout" : "train";
            String id = "zh-" + halves[0] + "-" + (i + 1);
            entities.add(new Entity(id, halves[0], names[i], names[i], names[i], "", "", split));
        }
    }

    private static Relation relation(String title, List<String> sentences) {
        String[] words = title.split(" ", 3);
        Map<Relation.Family, List<String>> families = Relation.families(sentences);
        return new Relation(words[0], words[1], "these:" + words[2], false, families);
    }
}
