//! The guard: who calls, may they, and only then what they sent.
//!
//! `Access<P, Part>` is the only way to a database from a handler: it holds the store, and opens it for a caller
//! whose grants allow `P`, narrowed to what those grants reach. A handler that forgets it does not compile, because
//! [`Routes::endpoint`](super::endpoint::Routes::endpoint) takes no other argument.

use super::{
    ask::{Ask, check_parameters},
    problem::Problem,
    repeat::Key,
    request::{Basic, RecordedId, basic, bearer, route_of},
};
use crate::{
    auth::{
        caller::Caller,
        permission::{Permission, roles_for},
        reach::Reach,
    },
    error::Code,
    state::State,
    store::{Opened, Store, audit::Act, sight::AsOf},
};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web::Data};
use domain::{collate::Audience, id::UserId, vocabulary::Role};
use futures_util::future::LocalBoxFuture;
use std::{marker::PhantomData, sync::Arc};

/// A caller who may do `P`, and what they asked for.
#[derive(Debug)]
pub struct Access<P: Permission, Part: Ask = ()> {
    /// What was asked for.
    pub asked: Part,
    caller: Arc<Caller>,
    reach: Arc<Reach>,
    act: Arc<Act>,
    key: Option<Arc<Key>>,
    as_of: Option<AsOf>,
    state: Data<State>,
    permission: PhantomData<P>,
}

impl<P: Permission, Part: Ask> Access<P, Part> {
    /// Who calls.
    pub fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    /// What the caller's grants reach under this permission.
    pub fn reach(&self) -> &Arc<Reach> {
        &self.reach
    }

    /// What the service keeps beside its database.
    pub fn state(&self) -> &Data<State> {
        &self.state
    }

    /// The store, narrowed to what the caller may know of.
    pub fn store(&self) -> Opened {
        Store::open(
            &self.state.store,
            self.caller.user,
            self.reach.clone(),
            self.act.clone(),
        )
        .under(self.key.clone())
        .came_at(self.as_of)
    }

    /// The same access by those grants alone that give the figures which are wanted; by all of them where that is not said.
    ///
    /// # Errors
    /// 403 where no grant gives them, whatever they are of.
    pub fn to_figures(self, wanted: Option<Audience>) -> Result<Self, Problem> {
        let Some(audience) = wanted else {
            return Ok(self);
        };
        let roles = roles_for(audience);
        let reach = self.reach.by(roles).ok_or_else(|| {
            let word = match audience {
                Audience::Exact => "exact",
                Audience::Controlled => "controlled",
            };
            is_for(&format!("{} with audience={word}", P::NAME), roles)
        })?;
        Ok(Self {
            reach: Arc::new(reach),
            ..self
        })
    }

    /// The same, with the state of the database that was found after the request came.
    pub(super) fn came_at(self, as_of: AsOf) -> Self {
        Self {
            as_of: Some(as_of),
            ..self
        }
    }

    /// Takes the request apart: what was asked, and the rest.
    pub fn split(self) -> (Part, Access<P>) {
        let Self {
            asked,
            caller,
            reach,
            act,
            key,
            as_of,
            state,
            permission,
        } = self;
        (
            asked,
            Access {
                asked: (),
                caller,
                reach,
                act,
                key,
                as_of,
                state,
                permission,
            },
        )
    }
}

impl<P: Permission, Part: Ask> FromRequest for Access<P, Part> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let state = state_of(&request)?;
            let token = bearer(&request).ok_or_else(|| {
                Problem::new(
                    Code::Unauthenticated,
                    "Send an access token: Authorization: Bearer …",
                )
            })?;
            let caller = state.sessions.caller(&state.store, token).await?;
            let reach = Reach::new(&caller.grants, P::ROLES).ok_or_else(|| is_for(P::NAME, P::ROLES))?;
            check_parameters::<Part>(&request)?;
            let asked = Part::ask(&request, &mut payload).await?;
            let key = Key::of(&request, Some(caller.user))?;
            Ok(Self {
                asked,
                key: key.map(Arc::new),
                caller,
                reach: Arc::new(reach),
                act: Arc::new(act(P::NAME, &request)),
                as_of: None,
                state,
                permission: PhantomData,
            })
        })
    }
}

/// The store in the name of somebody whose request began what goes on beside the requests: for `P`, by the grants that they
/// have now. Nothing where they have none for it any more.
///
/// # Errors
/// Where the database does not answer.
pub(crate) async fn on_behalf_of<P: Permission>(
    store: &Store,
    user: UserId,
    route: &str,
) -> Result<Option<(Opened, Arc<Reach>)>, Problem> {
    let grants = store
        .open_for_nobody()
        .read(async |tx| tx.reach_of(user).await)
        .await?;
    Ok(Reach::new(&grants, P::ROLES).map(|reach| {
        let reach = Arc::new(reach);
        let opened = Store::open(store, user, reach.clone(), beside_requests(P::NAME, route));
        (opened, reach)
    }))
}

/// The same where they have no grant for it any more: it reaches nothing, and what ends their work is written in their name.
pub(crate) fn in_the_name_of<P: Permission>(store: &Store, user: UserId, route: &str) -> Opened {
    Store::open(
        store,
        user,
        Arc::new(Reach::none()),
        beside_requests(P::NAME, route),
    )
}

fn beside_requests(name: &'static str, route: &str) -> Arc<Act> {
    Arc::new(Act {
        route: Some(route.to_owned()),
        ..Act::of_this_machine(name)
    })
}

fn is_for(what: &str, roles: &[Role]) -> Problem {
    let roles: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
    Problem::new(Code::Forbidden, format!("{what} is for {}.", roles.join(", ")))
}

/// Anybody. What is public is a short list that may only shrink.
#[derive(Debug)]
pub struct Public<Part: Ask = ()> {
    /// What was asked for.
    pub asked: Part,
    key: Option<Arc<Key>>,
    state: Data<State>,
    request: HttpRequest,
}

impl<Part: Ask> Public<Part> {
    /// What the service keeps beside its database.
    pub fn state(&self) -> &Data<State> {
        &self.state
    }

    /// The caller's address, for throttling: not that of a balancer that was named in the settings.
    pub fn address(&self) -> String {
        let peer = self.request.peer_addr();
        peer.map_or_else(
            || "unknown".into(),
            |peer| {
                let proxies = &self.state.trusted_proxies;
                proxies.caller(peer.ip(), self.request.headers()).to_string()
            },
        )
    }

    /// The access token that came along, if any did.
    pub fn token(&self) -> Option<&str> {
        bearer(&self.request)
    }

    /// What an HTTP Basic header names and shows, as it stands there; nothing where none came along.
    pub fn basic(&self) -> Option<Basic> {
        basic(&self.request)
    }

    /// The store for an act of this name: one of [`acts`](crate::store::audit::acts), whose writing is put in the log.
    pub(crate) fn open_to(&self, name: &'static str) -> Opened {
        let store = self.state.store.open_for_nobody().doing(act(name, &self.request));
        store.under(self.key.clone())
    }

    /// Takes the request apart: what was asked, and the rest.
    pub fn split(self) -> (Part, Public) {
        (
            self.asked,
            Public {
                asked: (),
                key: self.key,
                state: self.state,
                request: self.request,
            },
        )
    }

    /// The store, for finding what was answered to a request with the same key.
    pub(crate) fn store_of_repeats(&self) -> Opened {
        self.state.store.open_for_nobody().under(self.key.clone())
    }

    /// The store, for what needs no grant: signing in and health.
    pub(crate) fn store(&self) -> &Store {
        &self.state.store
    }
}

impl<Part: Ask> FromRequest for Public<Part> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            check_parameters::<Part>(&request)?;
            let asked = Part::ask(&request, &mut payload).await?;
            Ok(Self {
                asked,
                key: Key::of(&request, None)?.map(Arc::new),
                state: state_of(&request)?,
                request,
            })
        })
    }
}

/// Anybody, who may show who they are: what is published to everybody is shown to everybody, and to those with a grant for `P` what that
/// reaches, too. A token that is none is refused as everywhere; one without such a grant shows what no token shows.
#[derive(Debug)]
pub struct Anyone<P: Permission, Part: Ask = ()> {
    /// What was asked for.
    pub asked: Part,
    /// Whose token came along.
    caller: Option<Arc<Caller>>,
    /// Who they are, and what they do; nothing where that lets them know no more than everybody.
    user: Option<(UserId, Arc<Act>)>,
    reach: Arc<Reach>,
    as_of: Option<AsOf>,
    state: Data<State>,
    permission: PhantomData<P>,
}

impl<P: Permission, Part: Ask> Anyone<P, Part> {
    /// What the service keeps beside its database.
    pub fn state(&self) -> &Data<State> {
        &self.state
    }

    /// Whose token came along.
    pub fn caller(&self) -> Option<&Arc<Caller>> {
        self.caller.as_ref()
    }

    /// What the caller's grants reach under this permission; nothing where they showed none.
    pub fn reach(&self) -> &Arc<Reach> {
        &self.reach
    }

    /// Whether they showed nothing that lets them know more than everybody does.
    pub fn is_stranger(&self) -> bool {
        self.user.is_none()
    }

    /// The store, narrowed to what the caller may know of.
    pub fn store(&self) -> Opened {
        let opened = match &self.user {
            Some((user, act)) => Store::open(&self.state.store, *user, self.reach.clone(), act.clone()),
            None => self.state.store.open_for_nobody(),
        };
        opened.came_at(self.as_of)
    }

    /// The same, with the state of the database that was found after the request came.
    pub(super) fn came_at(self, as_of: AsOf) -> Self {
        Self {
            as_of: Some(as_of),
            ..self
        }
    }

    /// Takes the request apart: what was asked, and the rest.
    pub fn split(self) -> (Part, Anyone<P>) {
        let Self {
            asked,
            caller,
            user,
            reach,
            as_of,
            state,
            permission,
        } = self;
        (
            asked,
            Anyone {
                asked: (),
                caller,
                user,
                reach,
                as_of,
                state,
                permission,
            },
        )
    }
}

impl<P: Permission, Part: Ask> FromRequest for Anyone<P, Part> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let state = state_of(&request)?;
            let caller = match bearer(&request) {
                Some(token) => Some(state.sessions.caller(&state.store, token).await?),
                None => None,
            };
            let known = caller
                .as_ref()
                .and_then(|caller| Some((caller.user, Reach::new(&caller.grants, P::ROLES)?)));
            let (user, reach) = match known {
                Some((user, reach)) => (Some((user, Arc::new(act(P::NAME, &request)))), reach),
                None => (None, Reach::none()),
            };
            check_parameters::<Part>(&request)?;
            Ok(Self {
                asked: Part::ask(&request, &mut payload).await?,
                caller,
                user,
                reach: Arc::new(reach),
                as_of: None,
                state,
                permission: PhantomData,
            })
        })
    }
}

/// What a request does, as the log names it. What it is about is the last thing that its address names by an id.
fn act(name: &'static str, request: &HttpRequest) -> Act {
    let pattern = route_of(request);
    let mut kind = "";
    let mut subject = None;
    for part in pattern.into_iter().flat_map(|pattern| pattern.split('/')) {
        match part.strip_prefix('{').and_then(|part| part.split_once('}')) {
            None => kind = part,
            Some((part, _)) => {
                let id = request.match_info().get(part).and_then(|id| id.parse().ok());
                subject = id.map(|id| (kind.to_owned(), id)).or(subject);
            }
        }
    }
    Act {
        name,
        route: pattern.map(|pattern| format!("{} {pattern}", request.method())),
        request_id: request
            .extensions()
            .get::<RecordedId>()
            .map(|id| id.as_str().to_owned()),
        subject,
    }
}

fn state_of(request: &HttpRequest) -> Result<Data<State>, Problem> {
    request
        .app_data::<Data<State>>()
        .cloned()
        .ok_or_else(|| Problem::internal("the app has no state"))
}
