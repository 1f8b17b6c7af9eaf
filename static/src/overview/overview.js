// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {
    Component,
    markup,
    onMounted,
    onWillStart,
    useEffect,
    useRef,
    useState,
} from "@odoo/owl";
import {getColor, getCustomColor} from "@web/core/colors/colors";
import {cookie} from "@web/core/browser/cookie";
import {formatFloat} from "@web/core/utils/numbers";
import {Layout} from "@web/search/layout";
import {loadBundle} from "@web/core/assets";
import {registry} from "@web/core/registry";
import {rpc} from "@web/core/network/rpc";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {user} from "@web/core/user";
import {useService} from "@web/core/utils/hooks";

// What is paid is green or blue, what is lost or waits is orange, in both charts.
const [BLUE, GREEN, ORANGE, GREY] = [0, 9, 12, 18].map((index) =>
    getColor(index, "bright", "lg")
);
const COLORS = {
    credits: GREEN,
    sale_line: BLUE,
    overage: ORANGE,
    non_billable: GREY,
    sold: BLUE,
    used: GREEN,
    expired: ORANGE,
};

// As core's graphs.
const SCHEME = cookie.get("color_scheme");
const LABEL = getCustomColor(SCHEME, "#111827", "#E4E4E4");
const GRID = getCustomColor(SCHEME, "rgba(0,0,0,.1)", "rgba(255,255,255,.15)");

const formatNumber = (value) => formatFloat(value, {trailingZeros: false});

/** Bars over time. Below them, each color has its sum, which opens the list behind it. */
export class OverviewChart extends Component {
    static template = "helpdesk_service_credit.OverviewChart";
    static props = {chart: Object, open: Function};

    setup() {
        this.canvasRef = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            (canvas) => {
                const chart = canvas && new window.Chart(canvas, this.config);
                return () => chart?.destroy();
            },
            () => [this.canvasRef.el]
        );
    }

    colorOf(series) {
        return COLORS[series.id];
    }

    /** What the bars show, for those who do not see them. */
    get description() {
        const {title, labels, series} = this.props.chart;
        const bars = labels.map((label, index) => {
            const values = series
                .filter(({values}) => values[index])
                .map((one) => `${one.label} ${formatNumber(one.values[index])}`);
            return `${label}: ${values.join(", ") || 0}`;
        });
        return `${title}. ${bars.join("; ")}`;
    }

    get config() {
        const {id, labels, series} = this.props.chart;
        const stacked = id === "hours";
        const ticks = {color: LABEL};
        return {
            type: "bar",
            data: {
                labels,
                datasets: series.map((one) => ({
                    label: one.label,
                    data: one.values,
                    backgroundColor: this.colorOf(one),
                })),
            },
            options: {
                animation: false,
                maintainAspectRatio: false,
                plugins: {
                    legend: {display: false},
                    tooltip: {
                        callbacks: {
                            label: ({dataset, raw}) =>
                                `${dataset.label}: ${formatNumber(raw)}`,
                        },
                    },
                },
                scales: {
                    x: {stacked, ticks, grid: {display: false}},
                    y: {
                        stacked,
                        beginAtZero: true,
                        ticks: {...ticks, callback: formatNumber},
                        grid: {color: GRID},
                    },
                },
            },
        };
    }
}

/** The screen people look at in the morning. */
export class Overview extends Component {
    static template = "helpdesk_service_credit.Overview";
    static components = {Layout, OverviewChart};
    static props = {...standardActionServiceProps};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.display = {controlPanel: {}};
        this.state = useState({overview: null});
        onWillStart(async () => {
            this.state.overview = await this.call("get_overview");
        });
        onMounted(() => this.loadRisk());
    }

    call(method) {
        return this.orm.call("service.overview", method);
    }

    /** What takes longest comes last. */
    async loadRisk() {
        const card = this.state.overview.cards.find(({id}) => id === "risk");
        if (card) {
            Object.assign(card, await this.call("get_risk"));
        }
    }

    get isEmpty() {
        const {cards, is_empty} = this.state.overview;
        return is_empty && !cards.some(({count}) => count);
    }

    /** Open a list of just what the figure counts. */
    async open(name, {action: id, domain}) {
        const action = await rpc("/web/action/load", {
            action_id: id,
            context: user.context,
        });
        return this.action.doAction({
            ...action,
            name,
            display_name: name,
            domain,
            help: action.help && markup(action.help),
        });
    }
}

registry.category("actions").add("helpdesk_service_credit.overview", Overview);
