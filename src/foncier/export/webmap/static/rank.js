'use strict';
/* Scores and ranks for any weights: the formula of foncier.score.ranking, to the ninth decimal. */

const LEAST_COVERAGE = 0.5; // below half of the weight known, a site has no rank
const NINTH = 1e9; // scores equal to the ninth decimal are equal

/** Marks in [0, 1] by criterion; NaN is unknown. */
const marks = page.criteria.map((rule) => Float64Array.from(
  rule.scores,
  (mark) => (mark === null ? NaN : mark),
));
/** Weights of the study, whose ranks and rank intervals Python computed. */
const STUDY_WEIGHTS = page.criteria.map((rule) => rule.weight);
let weights = [...STUDY_WEIGHTS];

/**
 * @typedef {Object} Scores
 * @property {Float64Array} score weighted mean of the known marks; NaN when none is known
 * @property {Float64Array} low score with all that is unknown at 0
 * @property {Float64Array} high score with all that is unknown at 1
 * @property {Float64Array} coverage share of the weight that is known
 * @property {Float64Array} rank 1 is the best, equal scores share it; NaN without a rank
 * @property {Uint32Array} order positions from the first rank to the last, without a rank last
 */

/**
 * Score and rank all sites.
 * @param {number[]} given weights, one a criterion; their proportions count
 * @returns {Scores}
 */
function scoresFor(given) {
  const count = sites.length;
  const total = given.reduce((sum, weight) => sum + weight, 0);
  const blank = () => new Float64Array(count).fill(NaN);
  const found = { score: blank(), low: blank(), high: blank(), coverage: blank(), rank: blank(),
    order: idAt };
  if (!(total > 0)) return found;
  const shares = given.map((weight) => weight / total);
  const whole = shares.reduce((sum, share) => sum + share, 0);
  const mean = blank();
  for (let i = 0; i < count; i += 1) {
    let gained = 0;
    let held = 0;
    for (let k = 0; k < marks.length; k += 1) {
      const mark = marks[k][i];
      if (mark === mark) { // eslint-disable-line no-self-compare -- NaN is unknown
        gained += shares[k] * mark;
        held += shares[k];
      }
    }
    const low = Math.min(1, Math.max(0, gained / whole));
    const coverage = held / whole;
    const high = Math.min(1, Math.max(low, gained / whole + (1 - coverage)));
    if (held > 0) mean[i] = gained / held;
    found.coverage[i] = coverage;
    found.low[i] = low;
    found.high[i] = high;
    found.score[i] = Math.min(high, Math.max(low, mean[i]));
  }
  rankInto(found, mean);
  return found;
}

/**
 * Rank the sites that are known well enough.
 * @param {Scores} found
 * @param {Float64Array} mean
 */
function rankInto(found, mean) {
  const least = Math.round(LEAST_COVERAGE * NINTH);
  const ranked = (i) => found.coverage[i] > 0 && Math.round(found.coverage[i] * NINTH) >= least;
  const keys = mean.map((value, i) => (ranked(i) ? NINTH - Math.round(value * NINTH) : NaN));
  found.order = inOrder(keys);
  let rank = 0;
  found.order.forEach((i, place) => {
    if (Number.isNaN(keys[i])) return;
    if (!place || keys[i] !== keys[found.order[place - 1]]) rank = place + 1;
    found.rank[i] = rank;
  });
}

/**
 * Positions of the sites from the least key to the greatest; equal ones by id, NaN last. One
 * number holds key and id, so that the sort is the browser's own, without a call a pair.
 * @param {ArrayLike<number>} keys whole numbers up to 10^9
 * @returns {Uint32Array}
 */
function inOrder(keys) {
  const count = sites.length;
  const both = Float64Array.from(keys, (key, i) => (
    (Number.isNaN(key) ? 2 * NINTH : key) * count + byId[i])).sort();
  return Uint32Array.from(both, (one) => idAt[one % count]);
}

/** @returns {boolean} the weights are those of the study, but for their scale */
function studyWeights() {
  return weights.every((weight, k) => weight === STUDY_WEIGHTS[k]);
}

const GIVEN = ['score', 'score_low', 'score_high', 'coverage', 'overall_rank'];
/** What Python wrote of each site, to come back to. */
const given = sites.map((site) => GIVEN.map((name) => site[name]));
/** Position of each site by id, for equal ranks and for sites without one. */
const byId = new Uint32Array(sites.length);
/** Sites by id: the reverse of `byId`. */
const idAt = Uint32Array.from(sites.keys()).sort((a, b) => (sites[a].id < sites[b].id ? -1 : 1));
idAt.forEach((index, place) => { byId[index] = place; });
/** @type {Site[]} sites from the first rank to the last, those without a rank at the end */
let ordered = [...sites];
/** The order of the study's own weights. */
const studyOrder = inOrder(sites.map((site) => (site.overall_rank === null ? NaN : site.overall_rank)));
/** Position of each site in that order. */
const places = Uint32Array.from(sites.keys());
let rankedCount = sites.filter((site) => site.overall_rank !== null).length;

/**
 * Take other weights: every site gets its new score and rank, and the order changes.
 * @param {number[]} fresh
 */
function weigh(fresh) {
  weights = fresh;
  forgetSifted();
  const known = (value) => (Number.isNaN(value) ? null : value);
  let order = studyOrder;
  if (studyWeights()) {
    sites.forEach((site, i) => GIVEN.forEach((name, k) => { site[name] = given[i][k]; }));
  } else {
    const found = scoresFor(weights);
    order = found.order;
    sites.forEach((site, i) => {
      site.score = known(found.score[i]);
      site.score_low = known(found.low[i]);
      site.score_high = known(found.high[i]);
      site.coverage = known(found.coverage[i]);
      site.overall_rank = known(found.rank[i]);
    });
  }
  rankedCount = sites.reduce((sum, site) => sum + (site.overall_rank !== null), 0);
  ordered = Array.from(order, (index) => sites[index]);
  order.forEach((index, place) => { places[index] = place; });
}
