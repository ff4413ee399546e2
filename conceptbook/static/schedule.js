// When each question comes back: FSRS (ts-fsrs, vendor/manifest.json) over the reviews of a reader.
// Nothing here is kept: the same reviews give the same schedule, in every tab and every version.
// A review counts from its date on. One that is dated later than now, by a clock that was ahead, is as
// if it were not there yet: else it would be the last one, and no answer given since would count.

"use strict";

{
  const A_DAY = 86_400_000; // milliseconds
  const SOON = 20 * 60_000; // a question due so soon is asked again in the same session
  const MORNING = 4; // o'clock: whoever is up after midnight is still in the day before
  const RECENT = 6; // answers on a page that tell whether it is weak
  const WEAK = 1 / 3;

  // The published weights. No fuzz: the same reviews must give the same days everywhere. One step of
  // ten minutes: what failed is asked again in the session, what went well comes back in days.
  const PARAMETERS = { enable_fuzz: false, learning_steps: ["10m"], relearning_steps: ["10m"] };
  const scheduler = FSRS.fsrs(PARAMETERS);

  // ts-fsrs counts a day when midnight (UTC) lies between two reviews, if they are minutes apart. Here
  // a day is 24 hours, as the reference has it: the library is shown a clock that starts at midnight
  // and goes on by whole days. A clock that was set back counts as no time.
  const MIDNIGHT = Date.UTC(2000, 0, 1);
  const wholeDays = (from, to) => Math.max(0, Math.floor((to - from) / A_DAY)) * A_DAY;

  // The schedule of one question after its reviews, oldest first: the card of FSRS at the moment `shown`
  // of its clock, when it was last answered, when it is due, and of each answer that came a day or more
  // after the one before whether it was recalled.
  function replay(reviews) {
    let shown = MIDNIGHT;
    let card = FSRS.createEmptyCard(new Date(shown));
    let last = null;
    const tests = [];
    for (const { at, rating } of reviews) {
      if (last !== null) {
        if (at - last >= A_DAY) tests.push(rating > 1);
        shown += wholeDays(last, at);
      }
      card = scheduler.next(card, new Date(shown), rating).card;
      last = at;
    }
    return { card, shown, last, due: last + (card.due.getTime() - shown), tests, reviews };
  }

  // Returns a function from reviews, and the time it is, to schedules by question; what did not change is
  // not replayed.
  function createSchedules() {
    const known = new Map();
    return (reviews, now) => {
      const byKey = new Map();
      for (const review of reviews) {
        if (review.at > now) continue;
        if (!byKey.has(review.card)) byKey.set(review.card, []);
        byKey.get(review.card).push(review);
      }
      for (const [key, list] of byKey) {
        const same = known.get(key)?.reviews;
        const changed = same?.length !== list.length || list.some(({ id }, i) => id !== same[i].id);
        if (changed) known.set(key, replay(list));
      }
      return new Map([...byKey.keys()].map((key) => [key, known.get(key)]));
    };
  }

  // Names reviews by the questions that the book has now. A page that moved is known by the book's list
  // of moves; a question that was reworded by its answer, if no other on its page has that; else it has
  // retired and keeps its name.
  function recognize(reviews, questions, moved) {
    const byAnswer = new Map();
    for (const { page, answer, key } of questions) {
      const name = `${page.slug}#${answer}`;
      byAnswer.set(name, byAnswer.has(name) ? null : key);
    }
    const keys = new Set(questions.map(({ key }) => key));
    return reviews.map((review) => {
      const [slug, id] = review.card.split("#");
      const page = moved[slug] ?? slug;
      const key = `${page}#${id}`;
      return { ...review, card: keys.has(key) ? key : (byAnswer.get(`${page}#${review.answer}`) ?? key) };
    });
  }

  // From when on a question is due. What is due on a day is due from its morning on, at four where the
  // reader is, as in Anki: practice at the same hour then finds it. But a whole day after its answer,
  // since FSRS takes what comes sooner for another try of the same day. The interval stays as it is.
  function dueFrom({ due, last }) {
    if (due - last < A_DAY) return due;
    const morning = new Date(due);
    if (morning.getHours() < MORNING) morning.setDate(morning.getDate() - 1);
    return Math.max(last + A_DAY, morning.setHours(MORNING, 0, 0, 0));
  }

  const isDue = (schedule, now) => dueFrom(schedule) <= now;

  // The probability that a question is recalled now.
  function recall({ card, shown, last }, now) {
    return scheduler.get_retrievability(card, new Date(shown + wholeDays(last, now)), false);
  }

  // In how many milliseconds each grade would bring a question back: {1: ms, 2: ms, 3: ms, 4: ms}.
  function choices(schedule, now) {
    const { card, shown, last } = schedule ?? replay([]);
    const moment = shown + (last === null ? 0 : wholeDays(last, now));
    const preview = scheduler.repeat(card, new Date(moment));
    return Object.fromEntries([1, 2, 3, 4].map((grade) => [grade, preview[grade].card.due.getTime() - moment]));
  }

  // The questions of a session: what is due, the least remembered first, then new ones as they come.
  function plan(questions, known, now, length) {
    const due = questions
      .filter(({ key }) => known.has(key) && isDue(known.get(key), now))
      .map((question) => [recall(known.get(question.key), now), question])
      .sort((a, b) => a[0] - b[0])
      .map(([, question]) => question);
    const most = length === "due" ? due.length : Number(length);
    const fresh = questions.filter(({ key }) => !known.has(key));
    return { due: due.slice(0, most), fresh: fresh.slice(0, Math.max(0, most - due.length)) };
  }

  // An answer a few minutes after another of the same question tells nothing new.
  const firstTries = (reviews) => reviews.filter(({ at }, i) => i === 0 || at - reviews[i - 1].at > SOON);

  // Pages of whose last answers a third or more went badly, worst first: {page, bad, answers, question}.
  function weakPages(questions, known) {
    const byPage = new Map();
    for (const question of questions) {
      for (const review of firstTries(known.get(question.key)?.reviews ?? [])) {
        if (!byPage.has(question.page)) byPage.set(question.page, []);
        byPage.get(question.page).push({ ...review, question });
      }
    }
    return [...byPage]
      .map(([page, reviews]) => {
        const recent = reviews.sort((a, b) => a.at - b.at).slice(-RECENT);
        const bad = recent.filter(({ rating }) => rating <= 2);
        const [worst] = bad.sort((a, b) => a.rating - b.rating || b.at - a.at);
        return { page, bad: bad.length, answers: recent.length, question: worst?.question };
      })
      .filter(({ bad, answers }) => answers >= 2 && bad / answers >= WEAK)
      .sort((a, b) => b.bad / b.answers - a.bad / a.answers || b.answers - a.answers);
  }

  // A span of time as a button says it.
  function words(milliseconds) {
    const minutes = Math.max(1, Math.round(milliseconds / 60_000));
    if (minutes < 60) return `${minutes} min`;
    if (minutes < 60 * 24) return `${Math.round(minutes / 60)} h`;
    const days = Math.round(milliseconds / A_DAY);
    if (days < 31) return days === 1 ? "1 day" : `${days} days`;
    return days < 365 ? `${Math.round(days / 30.4)} mo` : `${(days / 365).toFixed(1)} y`;
  }

  window.conceptSchedule = { A_DAY, SOON, choices, createSchedules, dueFrom, isDue, plan, recognize, weakPages, words };
}
