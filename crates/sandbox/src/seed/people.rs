//! The made-up customers as a table: who they are and what they hold. What follows from it is made in the neighbours.

pub(super) struct Person {
    pub(super) number: &'static str,
    pub(super) first: &'static str,
    pub(super) last: &'static str,
    pub(super) account: &'static str,
    pub(super) company: &'static str,
    pub(super) email: &'static str,
    pub(super) phone: &'static str,
    /// Postal code, prefecture, city, street.
    pub(super) address: (&'static str, &'static str, &'static str, &'static str),
    pub(super) bank: bool,
    /// Unpaid invoices at the end of the history.
    pub(super) unpaid: usize,
    pub(super) holdings: &'static [Holding],
}

pub(super) struct Holding {
    pub(super) pid: u64,
    /// Active, Suspended, Pending, Cancelled.
    pub(super) status: &'static str,
    /// Full months since it began.
    pub(super) months: i64,
    /// The line's number, and whether it is an eSIM.
    pub(super) line: Option<(&'static str, bool)>,
}

const fn holding(pid: u64, status: &'static str, months: i64, line: Option<(&'static str, bool)>) -> Holding {
    Holding { pid, status, months, line }
}

pub(super) const PEOPLE: &[Person] = &[
    Person {
        number: "C-100001",
        first: "Mika",
        last: "Sato",
        account: "佐藤 美佳",
        company: "",
        email: "mika@example.com",
        phone: "07000200001",
        address: ("100-0000", "Tokyo", "Hoshimi-ku", "1-2-3 Kagamimachi"),
        bank: false,
        unpaid: 0,
        holdings: &[
            holding(102, "Active", 14, Some(("07000300001", false))),
            holding(101, "Active", 8, Some(("07000300002", true))),
            holding(201, "Active", 14, None),
            holding(208, "Active", 14, None),
        ],
    },
    Person {
        number: "C-100002",
        first: "Kenji",
        last: "Tanaka",
        account: "田中 健司",
        company: "",
        email: "kenji@example.com",
        phone: "07000200002",
        address: ("530-0000", "Osaka", "Minamoto-shi", "4-5-6 Kawabata"),
        bank: true,
        unpaid: 2,
        holdings: &[holding(103, "Suspended", 20, Some(("07000300003", false))), holding(203, "Active", 16, None)],
    },
    Person {
        number: "C-100003",
        first: "Yui",
        last: "Kobayashi",
        account: "小林 結衣",
        company: "",
        email: "yui@example.com",
        phone: "07000200003",
        address: ("810-0000", "Fukuoka", "Umibe-ku", "7-8-9 Nagisa"),
        bank: false,
        unpaid: 1,
        holdings: &[
            holding(104, "Active", 13, Some(("07000300004", true))),
            holding(108, "Active", 13, None),
            holding(301, "Active", 12, None),
        ],
    },
    Person {
        number: "C-100004",
        first: "Daichi",
        last: "Mori",
        account: "森 大地",
        company: "",
        email: "daichi@example.com",
        phone: "07000200004",
        address: ("980-0000", "Miyagi", "Morinaka-shi", "2-2-2 Aoyama"),
        bank: false,
        unpaid: 0,
        holdings: &[holding(105, "Active", 18, Some(("07000300005", false))), holding(204, "Cancelled", 15, None)],
    },
    Person {
        number: "C-100005",
        first: "Emi",
        last: "O'Hara-Ito",
        account: "伊藤商店 & Sons",
        company: "Ito & Sons",
        email: "emi@example.com",
        phone: "07000200005",
        address: ("060-0000", "Hokkaido", "Yukimi-shi", "3-3-3 Kitadori"),
        bank: false,
        unpaid: 0,
        holdings: &[
            holding(106, "Active", 13, Some(("07000300006", false))),
            holding(202, "Pending", 0, None),
            holding(207, "Pending", 0, None),
        ],
    },
];
